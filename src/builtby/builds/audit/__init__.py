"""Who gets to run code in a build, read from manifests, lock files, installed trees and archives. Nothing is run."""

"""Where bytes come from: files, directories, archives in archives, images, standard input."""

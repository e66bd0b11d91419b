"""What is made of a build record, for people and for other programs: one module a document."""

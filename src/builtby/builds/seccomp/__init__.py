"""Linux's user notification: a build's system calls wait until they were looked at. Linux only; imported lazily."""

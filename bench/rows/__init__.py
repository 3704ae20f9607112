"""One module for each row of the speed table, with `measure(quick)`."""

"""Reading pages of the open web that people link to: by nobody's wish may it reach what is not public."""

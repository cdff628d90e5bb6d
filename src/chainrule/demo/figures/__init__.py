"""The pictures of the experiments; matplotlib is needed from here on."""

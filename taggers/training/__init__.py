"""How the numbers and weights that the taggers ship were made: runnable from the data that each names."""

"""From texts to numbers: terms, how often they are used, and what they weigh."""

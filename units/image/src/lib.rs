//! The unit `image`: pictures read, changed, compared and written. It runs in a cell, since what it reads is not to be trusted.

//! The unit `audio`: sound read, measured, changed and written. It runs in a cell, since what it reads is not to be trusted.

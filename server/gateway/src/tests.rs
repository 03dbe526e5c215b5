//! The doors with a whole house behind them, asked over real sockets.

mod contract;
mod doors;
mod house;
mod hostile;
mod jobs;
mod socket;

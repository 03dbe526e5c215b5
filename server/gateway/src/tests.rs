//! The doors with a whole house behind them, asked over real sockets.

mod contract;
mod doors;
mod encrypted;
mod hostile;
mod house;
mod jobs;
mod socket;

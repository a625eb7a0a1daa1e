//! A private PostgreSQL cluster in a directory: creates it, starts it, finds it running and stops it.

mod data;
mod definition;
mod lifecycle;
mod pid_file;
mod pooler;
mod quoting;
mod server;
mod standby;

pub use definition::{Cluster, ClusterLock, ClusterOptions};

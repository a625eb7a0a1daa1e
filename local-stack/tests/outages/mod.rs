//! Both services while their databases go silent or fail over.

mod failover;
mod load;
mod silence;

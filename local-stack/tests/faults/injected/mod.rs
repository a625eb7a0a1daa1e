//! The faults.

pub mod clocks;
mod exhausted;
mod killed;
mod network;
mod poisoned;

use std::time::Duration;

use fastrand::Rng;
use local_stack::testing::{
    Database, PrivateCluster, ReplicatedCluster, private_cluster, replicated_cluster,
};

use crate::recorder::Recorder;
use crate::system::System;

/// The kinds of faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A replica of either service is killed and started again.
    ServicesKilled,
    /// PostgreSQL is killed and started again.
    DatabaseKilled,
    /// The primary is killed and fenced, and its synchronous standby promoted.
    Failover,
    /// Everything between the services and to the databases arrives late.
    NetworkDelayed,
    /// These connections end.
    NetworkCut,
    /// They are reset.
    NetworkReset,
    /// They fall silent.
    NetworkSwallowed,
    /// They end in the middle of a message.
    NetworkTruncated,
    /// The clock of one replica of each service is an hour ahead for a while.
    ClockAhead,
    /// It is an hour behind.
    ClockBehind,
    /// One replica of each service can open no file and no connection.
    DescriptorsUsedUp,
    /// Thousands of clients begin a request and do not go on.
    SlowClients,
    /// The documents that task-service fetches are forged, cut off, too large, old, or elsewhere.
    DocumentsPoisoned,
}

impl Fault {
    pub const ALL: [Self; 13] = [
        Self::ServicesKilled,
        Self::DatabaseKilled,
        Self::Failover,
        Self::NetworkDelayed,
        Self::NetworkCut,
        Self::NetworkReset,
        Self::NetworkSwallowed,
        Self::NetworkTruncated,
        Self::ClockAhead,
        Self::ClockBehind,
        Self::DescriptorsUsedUp,
        Self::SlowClients,
        Self::DocumentsPoisoned,
    ];

    /// Its name in the report.
    pub fn name(self) -> &'static str {
        match self {
            Self::ServicesKilled => "services killed",
            Self::DatabaseKilled => "PostgreSQL killed",
            Self::Failover => "failover to the standby",
            Self::NetworkDelayed => "network delayed",
            Self::NetworkCut => "connections cut",
            Self::NetworkReset => "connections reset",
            Self::NetworkSwallowed => "network silent",
            Self::NetworkTruncated => "messages truncated",
            Self::ClockAhead => "clocks ahead",
            Self::ClockBehind => "clocks behind",
            Self::DescriptorsUsedUp => "no descriptors",
            Self::SlowClients => "slow clients",
            Self::DocumentsPoisoned => "documents poisoned",
        }
    }
}

/// The PostgreSQL of a run.
pub enum Cluster {
    /// One server.
    Single(Box<PrivateCluster>),
    /// A primary and its synchronous standby.
    Replicated(Box<ReplicatedCluster>),
}

impl Cluster {
    /// Starts what a fault needs.
    pub async fn start(fault: Fault) -> Self {
        match fault {
            Fault::Failover => Self::Replicated(Box::new(replicated_cluster().await)),
            _ => Self::Single(Box::new(private_cluster().await)),
        }
    }

    pub fn auth(&self) -> &Database {
        match self {
            Self::Single(cluster) => cluster.auth(),
            Self::Replicated(cluster) => cluster.auth(),
        }
    }

    pub fn tasks(&self) -> &Database {
        match self {
            Self::Single(cluster) => cluster.tasks(),
            Self::Replicated(cluster) => cluster.tasks(),
        }
    }
}

/// What a fault is injected into.
pub struct Target<'a> {
    pub cluster: &'a mut Cluster,
    pub system: &'a mut System,
    pub recorder: &'a Recorder,
    pub random: Rng,
    /// How long faults are injected.
    pub time: Duration,
}

impl Target<'_> {
    /// Injects a fault again and again until its time is over, and repairs everything.
    pub async fn inject(&mut self, fault: Fault) {
        match fault {
            Fault::ServicesKilled => self.kill_services().await,
            Fault::DatabaseKilled => self.kill_database().await,
            Fault::Failover => self.fail_over().await,
            Fault::NetworkDelayed
            | Fault::NetworkCut
            | Fault::NetworkReset
            | Fault::NetworkSwallowed
            | Fault::NetworkTruncated => self.break_networks(fault).await,
            Fault::ClockAhead => self.move_clocks("+1h").await,
            Fault::ClockBehind => self.move_clocks("-1h").await,
            Fault::DescriptorsUsedUp => self.use_up_descriptors().await,
            Fault::SlowClients => self.open_slow_clients().await,
            Fault::DocumentsPoisoned => self.poison_documents().await,
        }
    }

    /// Waits for a random part of this time.
    async fn pause(&mut self, most: Duration) {
        tokio::time::sleep(most.mul_f64(self.random.f64())).await;
    }
}

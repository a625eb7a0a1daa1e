//! The faults.

pub mod clocks;
mod disk;
mod exhausted;
mod killed;
mod network;
mod poisoned;

use std::time::Duration;

use fastrand::Rng;
use local_stack::testing::{
    Database, PrivateCluster, ReplicatedCluster, private_cluster, private_cluster_in, replicated_cluster,
};

use self::disk::Disk;

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
    /// PostgreSQL's disk is full.
    DiskFull,
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
    /// Ten thousand clients begin a request and do not go on.
    SlowClients,
    /// The documents that task-service fetches are forged, cut off, too large, old, or elsewhere.
    DocumentsPoisoned,
}

impl Fault {
    pub const ALL: [Self; 14] = [
        Self::ServicesKilled,
        Self::DatabaseKilled,
        Self::Failover,
        Self::DiskFull,
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
            Self::DiskFull => "disk full",
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

    /// Whether it moves clocks.
    pub fn moves_clocks(self) -> bool {
        matches!(self, Self::ClockAhead | Self::ClockBehind)
    }

    /// Whether it breaks networks.
    pub fn breaks_networks(self) -> bool {
        matches!(
            self,
            Self::NetworkDelayed
                | Self::NetworkCut
                | Self::NetworkReset
                | Self::NetworkSwallowed
                | Self::NetworkTruncated
        )
    }

    /// Why it cannot be injected on this machine.
    pub fn obstacle(self) -> Option<&'static str> {
        match self {
            Self::DiskFull if Disk::mount().is_none() => Some("this account may not mount a file system"),
            _ if self.moves_clocks() && clocks::library().is_none() => Some("libfaketime is not installed"),
            _ => None,
        }
    }
}

/// The PostgreSQL of a run.
pub enum Cluster {
    /// One server.
    Single(Box<PrivateCluster>),
    /// A primary and its synchronous standby.
    Replicated(Box<ReplicatedCluster>),
    /// One server on a disk of its own, which is unmounted after it.
    OnDisk(Box<PrivateCluster>, Disk),
}

impl Cluster {
    /// Starts what a fault needs.
    pub async fn start(fault: Fault) -> Self {
        match fault {
            Fault::Failover => Self::Replicated(Box::new(replicated_cluster().await)),
            Fault::DiskFull => {
                let disk = Disk::mount().unwrap();
                Self::OnDisk(Box::new(private_cluster_in(disk.path(), disk::SETTINGS).await), disk)
            }
            _ => Self::Single(Box::new(private_cluster().await)),
        }
    }

    pub fn auth(&self) -> &Database {
        match self {
            Self::Single(cluster) | Self::OnDisk(cluster, _) => cluster.auth(),
            Self::Replicated(cluster) => cluster.auth(),
        }
    }

    pub fn tasks(&self) -> &Database {
        match self {
            Self::Single(cluster) | Self::OnDisk(cluster, _) => cluster.tasks(),
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
            Fault::DiskFull => self.fill_disk().await,
            Fault::ClockAhead => self.move_clocks("+1h").await,
            Fault::ClockBehind => self.move_clocks("-1h").await,
            Fault::DescriptorsUsedUp => self.use_up_descriptors().await,
            Fault::SlowClients => self.open_slow_clients().await,
            Fault::DocumentsPoisoned => self.poison_documents().await,
            _ => self.break_networks(fault).await,
        }
    }

    /// Waits for a random part of this time.
    async fn pause(&mut self, most: Duration) {
        tokio::time::sleep(most.mul_f64(self.random.f64())).await;
    }
}

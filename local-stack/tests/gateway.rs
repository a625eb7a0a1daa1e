//! gateway/Caddyfile in a real Caddy: its rules in front of upstreams that write down what reaches them, and the whole
//! product in front of both services.

#[cfg(target_os = "linux")]
mod auth_replicas;
#[cfg(target_os = "linux")]
mod load;
mod page;
mod paths;
mod process;
#[cfg(target_os = "linux")]
mod replica;
#[cfg(target_os = "linux")]
mod replicas;
#[cfg(target_os = "linux")]
mod retries;
#[cfg(target_os = "linux")]
mod rolling;
mod rules;
mod services;
mod tls;
mod upstreams;

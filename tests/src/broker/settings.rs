//! The broker's `server.properties`: one KRaft node, broker and controller in one process, tuned to start fast and to keep whatever
//! a test writes.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

/// The two loopback ports of a broker.
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    /// For clients.
    pub broker: u16,
    /// For the controller.
    pub controller: u16,
}

impl Ports {
    /// Two ports that nobody listens on now.
    ///
    /// They are taken below the range from which systems hand out client ports: a port from inside it could be taken by any
    /// outgoing connection while the broker restarts, even by a client's attempt to reach that very port.
    pub fn free() -> Ports {
        Ports { broker: free_port(), controller: free_port() }
    }
}

fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    const FIRST: u32 = 20_000;
    const COUNT: u32 = 12_000;
    let start = std::process::id().wrapping_mul(97); // Test processes that run at once begin elsewhere.
    loop {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = FIRST + start.wrapping_add(step) % COUNT;
        let Ok(port) = u16::try_from(port) else {
            continue;
        };
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}

/// The text of `server.properties`.
pub fn server_properties(ports: Ports, data: &Path) -> String {
    let Ports { broker, controller } = ports;
    let data = data.display();
    format!(
        "process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{broker}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
log.dirs={data}

# One node keeps the only copy of the internal topics.
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1

# A fast start, and no wait when a group forms.
offsets.topic.num.partitions=4
transaction.state.log.num.partitions=4
share.coordinator.state.topic.num.partitions=4
group.initial.rebalance.delay.ms=0
# A crashed broker may register again only when the controller has given it up; by default that takes nine seconds.
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=2000
num.io.threads=4
num.network.threads=2

# A missing topic is missing. Records stamped in any year are taken and kept: retention goes by their timestamps, so recorded
# events of 2020 would be deleted half a minute after the start, and a broker refuses what is more than an hour ahead.
auto.create.topics.enable=false
log.retention.ms=-1
log.message.timestamp.before.max.ms=9223372036854775807
log.message.timestamp.after.max.ms=9223372036854775807
"
    )
}

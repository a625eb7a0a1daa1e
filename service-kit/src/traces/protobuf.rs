//! Writes messages in the wire format of Protocol Buffers.

/// How a value is encoded. The numbers are those of the format.
#[derive(Clone, Copy)]
enum Wire {
    Varint = 0,
    Fixed64 = 1,
    Bytes = 2,
    Fixed32 = 5,
}

/// A message that is being written.
#[derive(Default)]
pub(super) struct Message(Vec<u8>);

impl Message {
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    pub(super) fn number(&mut self, field: u8, value: u64) {
        self.key(field, Wire::Varint);
        self.varint(value);
    }

    pub(super) fn fixed64(&mut self, field: u8, value: u64) {
        self.key(field, Wire::Fixed64);
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(super) fn fixed32(&mut self, field: u8, value: u32) {
        self.key(field, Wire::Fixed32);
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(super) fn bytes(&mut self, field: u8, value: &[u8]) {
        self.key(field, Wire::Bytes);
        self.varint(value.len() as u64);
        self.0.extend_from_slice(value);
    }

    /// Writes a message inside this one.
    pub(super) fn message(&mut self, field: u8, write: impl FnOnce(&mut Self)) {
        let mut inner = Self::default();
        write(&mut inner);
        self.bytes(field, &inner.0);
    }

    fn key(&mut self, field: u8, wire: Wire) {
        self.varint(u64::from(field) << 3 | wire as u64);
    }

    /// Writes seven bits per byte, the lowest first. The highest bit of a byte says that another one follows.
    fn varint(&mut self, mut value: u64) {
        while value > 0x7f {
            let [low, ..] = value.to_le_bytes();
            self.0.push(low | 0x80);
            value >>= 7;
        }
        let [low, ..] = value.to_le_bytes();
        self.0.push(low);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of the specification of the format.
    #[test]
    fn values_are_encoded_as_specified() {
        let encoded = |write: fn(&mut Message)| {
            let mut message = Message::default();
            write(&mut message);
            message.into_bytes()
        };
        assert_eq!(encoded(|message| message.number(1, 150)), [0x08, 0x96, 0x01]);
        assert_eq!(encoded(|message| message.bytes(2, b"testing")), *b"\x12\x07testing");
        assert_eq!(encoded(|message| message.message(3, |m| m.number(1, 150))), [0x1a, 3, 0x08, 0x96, 0x01]);
        assert_eq!(encoded(|message| message.fixed32(16, 1)), [0x85, 0x01, 1, 0, 0, 0]);
        assert_eq!(encoded(|message| message.fixed64(1, 2)), [0x09, 2, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(encoded(|message| message.number(1, 127)), [0x08, 0x7f]);
    }
}

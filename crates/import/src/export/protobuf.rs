//! The parts of the protocol buffer wire format that ONNX needs.

/// A message, to which fields are added one by one. A message can be a length-delimited field of another message.
#[derive(Default)]
pub struct Message {
    bytes: Vec<u8>,
}

impl Message {
    /// An integer.
    pub fn number(&mut self, field: u32, value: u64) -> &mut Self {
        self.key(field, 0);
        self.varint(value);
        self
    }

    /// Adds text or raw bytes.
    pub fn bytes(&mut self, field: u32, value: &[u8]) -> &mut Self {
        self.key(field, 2);
        self.varint(value.len() as u64);
        self.bytes.extend_from_slice(value);
        self
    }

    /// Adds text.
    pub fn text(&mut self, field: u32, value: &str) -> &mut Self {
        self.bytes(field, value.as_bytes())
    }

    /// Adds a message as a field.
    pub fn message(&mut self, field: u32, value: &Message) -> &mut Self {
        self.bytes(field, &value.bytes)
    }

    /// The finished message.
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }

    fn key(&mut self, field: u32, kind: u32) {
        self.varint(u64::from(field << 3 | kind));
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_written_as_the_specification_shows() {
        // The examples of the protocol buffer encoding guide: field 1 = 150, field 2 = "testing", field 3 = the first
        // message.
        let mut inner = Message::default();
        inner.number(1, 150);
        let mut outer = Message::default();
        outer.text(2, "testing").message(3, &inner);
        assert_eq!(outer.finish(), b"\x12\x07testing\x1a\x03\x08\x96\x01");
    }
}

//! A checkpoint of the log with the cosignatures of witnesses, as it is sent. It is no record of the register.

use crate::body::Input;
use crate::declare::wire;
use crate::faults::Faults;
use crate::value::{SignedNote, Text};

wire! {
    /// A checkpoint of the log with the cosignatures of witnesses.
    #[example({
        "checkpoint": "mutuals.example.gov.uk/log/9b1f0e6c2d7a4835\n1\nbjQLnP+zepicpUTma3gKLHiQHT+zNzh2hRGjBhevoB0=\n\n\u{2014} mutuals.example.gov.uk/log/9b1f0e6c2d7a4835 falDv9XQuYHejNmkgjL2cOtjjYRF3IufK17iaI9MJVpgEH1ASD+irpNwRIQHjAWafg/n+LibevoXgsKC/HUVwNnsPw0=\n\u{2014} press.example.org Mb8BSgAAAABppViYhsnzH7HPLUJU5XXbVzalWmIPk4qOAJo/u9qT6hlOQtKoe5NqW6/x5D9IfVMz5GfXjdFNjxdyqcMkL899XNKZBw==\n"
    })]
    pub struct CosignedCheckpoint {
        /// The checkpoint that the witnesses signed, with a signature line of each (C2SP tlog-cosignature,
        /// `cosignature/v1`). Lines of others are ignored.
        checkpoint: SignedNote = required,
    }
}

impl Input for CosignedCheckpoint {
    type Value = domain::SignedNote;

    fn build(self, _: &mut Faults) -> Option<Self::Value> {
        self.checkpoint.map(Text::into_inner)
    }
}

//! Base64 (RFC 4648, section 4), for bytes that have to stand in JSON and are not text.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Appends the encoded form, with padding.
pub(crate) fn encode(bytes: &[u8], out: &mut Vec<u8>) {
    for group in bytes.chunks(3) {
        let mut word = [0; 4];
        for (place, byte) in word.iter_mut().skip(1).zip(group) {
            *place = *byte;
        }
        let word = u32::from_be_bytes(word);
        for digit in 0..4 {
            let index = (word >> (18 - 6 * digit)) & 63;
            let letter = ALPHABET.get(index as usize).copied().unwrap_or(b'=');
            out.push(if digit > group.len() { b'=' } else { letter });
        }
    }
}

/// The bytes of an encoded form; `None` if it is not one.
pub(crate) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let padding = text.iter().rev().take_while(|letter| **letter == b'=').count();
    if !text.len().is_multiple_of(4) || padding > 2 {
        return None;
    }
    for (index, group) in text.chunks(4).enumerate() {
        let pads = if (index + 1) * 4 == text.len() { padding } else { 0 };
        let mut word = 0_u32;
        for (place, letter) in group.iter().enumerate() {
            let is_pad = place >= 4 - pads;
            let value =
                if is_pad { 0 } else { ALPHABET.iter().position(|known| known == letter)? };
            word = word << 6 | u32::try_from(value).ok()?;
        }
        let decoded = word.to_be_bytes();
        bytes.extend_from_slice(decoded.get(1..4 - pads)?);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encoded(bytes: &[u8]) -> String {
        let mut out = Vec::new();
        encode(bytes, &mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    /// The vectors of RFC 4648, section 10.
    #[test]
    fn the_vectors_of_the_standard() {
        let vectors = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ];
        for (plain, coded) in vectors {
            assert_eq!(encoded(plain.as_bytes()), coded);
        }
        assert_eq!(decode(b"Zg="), None);
        assert_eq!(decode(b"Z*=="), None);
        assert_eq!(decode(b"===="), None);
    }

    proptest! {
        #[test]
        fn decoding_undoes_encoding(bytes: Vec<u8>) {
            prop_assert_eq!(decode(encoded(&bytes).as_bytes()), Some(bytes));
        }
    }
}

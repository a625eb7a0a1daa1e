//! A hash that is computed step by step.

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::blowfish::{self, Blowfish, Key};

/// bcrypt ignores the bytes of a password after this number, counting the NUL at its end.
const MAX_PASSWORD: usize = 72;
/// What is encrypted with the final state: `OrpheanBeholderScryDoubt`.
const TEXT: [[u32; 2]; 3] =
    [[0x4f72_7068, 0x6561_6e42], [0x6568_6f6c, 0x6465_7253], [0x6372_7944, 0x6f75_6274]];
const ENCRYPTIONS: usize = 64;
/// The last byte of the encrypted text is not part of the hash.
const BYTES: usize = 23;

/// What a hash is computed from.
#[derive(Zeroize, ZeroizeOnDrop)]
#[cfg_attr(test, derive(Debug))]
pub struct Input {
    /// The binary logarithm of the number of steps, at most 63.
    pub cost: u32,
    /// The salt.
    pub salt: [u8; 16],
    /// The password, without a NUL at its end. Bytes after the 72nd are ignored.
    pub password: Vec<u8>,
}

/// A hash in progress. The memory it used is zeroed when it is dropped.
#[derive(ZeroizeOnDrop)]
pub struct Hash {
    state: Blowfish,
    password: Key,
    salt: Key,
    steps_left: u64,
}

impl Hash {
    /// Starts the computation.
    pub fn new(input: &Input) -> Self {
        let used = input.password.len().min(MAX_PASSWORD);
        let mut bytes: Vec<u8> = Vec::with_capacity(MAX_PASSWORD + 1);
        bytes.extend(input.password.iter().take(used));
        bytes.push(0);
        bytes.truncate(MAX_PASSWORD);
        let (password, salt) = (blowfish::key(&bytes), blowfish::key(&input.salt));
        bytes.zeroize();
        let state = Blowfish::new(&salt, &password);
        Self { state, password, salt, steps_left: 1 << input.cost.min(63) }
    }

    /// Computes up to `steps` steps.
    pub fn advance(&mut self, steps: u64) {
        let steps = steps.min(self.steps_left);
        for _ in 0..steps {
            self.state.expand(&self.password);
            self.state.expand(&self.salt);
        }
        self.steps_left -= steps;
    }

    /// Computes up to `steps` steps of two hashes, in little more than the time of one. Ends earlier if one is finished.
    pub fn advance_two(one: &mut Self, other: &mut Self, steps: u64) {
        let steps = steps.min(one.steps_left).min(other.steps_left);
        for _ in 0..steps {
            Blowfish::expand_two(&mut one.state, &mut other.state, [&one.password, &other.password]);
            Blowfish::expand_two(&mut one.state, &mut other.state, [&one.salt, &other.salt]);
        }
        one.steps_left -= steps;
        other.steps_left -= steps;
    }

    /// The hash, once all steps are computed.
    pub fn finished(&self) -> Option<[u8; BYTES]> {
        if self.steps_left > 0 {
            return None;
        }
        let encrypt = |block| (0..ENCRYPTIONS).fold(block, |block, _| self.state.encrypt(block));
        let mut bytes = TEXT.map(encrypt).into_iter().flatten().flat_map(u32::to_be_bytes);
        Some(std::array::from_fn(|_| bytes.next().unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The hash by the `bcrypt` crate.
    fn expected(input: &Input) -> Vec<u8> {
        let password = [input.password.as_slice(), &[0]].concat();
        let used = password.len().min(MAX_PASSWORD);
        ::bcrypt::bcrypt(input.cost, input.salt, &password[..used])[..BYTES].to_vec()
    }

    fn inputs() -> impl Strategy<Value = Input> {
        (4_u32..7, any::<[u8; 16]>(), prop::collection::vec(any::<u8>(), 0..90))
            .prop_map(|(cost, salt, password)| Input { cost, salt, password })
    }

    /// A vector of jBCrypt: `$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe` of `a`.
    #[test]
    fn a_published_vector() {
        let salt =
            [0xa3, 0x61, 0x2d, 0x8c, 0x9a, 0x37, 0xda, 0xc2, 0xf9, 0x9d, 0x94, 0xda, 0x03, 0xbd, 0x45, 0x21];
        let mut hash = Hash::new(&Input { cost: 6, salt, password: b"a".to_vec() });
        hash.advance(u64::MAX);
        let expected = [
            0xe6, 0xd5, 0x38, 0x31, 0xf8, 0x20, 0x60, 0xdc, 0x08, 0xa2, 0xe8, 0x48, 0x9c, 0xe8, 0x50, 0xce,
            0x48, 0xfb, 0xf9, 0x76, 0x97, 0x87, 0x38,
        ];
        assert_eq!(hash.finished(), Some(expected));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// A hash is the one of the `bcrypt` crate, in whatever steps it is computed.
        #[test]
        fn it_is_bcrypt(input in inputs(), steps in 1_u64..200) {
            let mut hash = Hash::new(&input);
            while hash.finished().is_none() {
                hash.advance(steps);
            }
            prop_assert_eq!(hash.finished().unwrap().to_vec(), expected(&input));
        }

        /// Two hashes of any costs do not affect each other, whenever the second begins.
        #[test]
        fn two_at_a_time_are_two_hashes(one in inputs(), other in inputs(), before in 0_u64..20, steps in 1_u64..50) {
            let (mut first, mut second) = (Hash::new(&one), Hash::new(&other));
            first.advance(before);
            while first.finished().is_none() && second.finished().is_none() {
                Hash::advance_two(&mut first, &mut second, steps);
            }
            first.advance(u64::MAX);
            second.advance(u64::MAX);
            prop_assert_eq!(first.finished().unwrap().to_vec(), expected(&one));
            prop_assert_eq!(second.finished().unwrap().to_vec(), expected(&other));
        }
    }
}

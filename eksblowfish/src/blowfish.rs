//! Blowfish with the key schedule of bcrypt.
#![expect(clippy::indexing_slicing, reason = "indices are bytes, or constants that the compiler checks")]

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::tables;

/// The words of a key, repeated to the length of the subkeys.
pub(crate) type Key = [u32; 18];

/// The tables and subkeys, 4 KiB.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct Blowfish {
    tables: Tables,
    subkeys: Key,
}

type Tables = [[u32; 256]; 4];
/// Two words: a block.
type Block = [u32; 2];

/// Repeats `bytes` to a key. No bytes are a key of zeros.
pub(crate) fn key(bytes: &[u8]) -> Key {
    let mut repeated = bytes.iter().copied().cycle();
    std::array::from_fn(|_| u32::from_be_bytes(std::array::from_fn(|_| repeated.next().unwrap_or(0))))
}

impl Blowfish {
    /// The state after the first, salted key schedule.
    pub(crate) fn new(salt: &Key, password: &Key) -> Self {
        let mut state = Self { tables: tables::S, subkeys: tables::P };
        state.mix(password);
        let mut block = [0; 2];
        // The 16 bytes of salt are two blocks, which alternate.
        let mut salts = [[salt[0], salt[1]], [salt[2], salt[3]]].into_iter().cycle();
        for place in 0..PLACES {
            let [left, right] = salts.next().unwrap_or_default();
            block = state.encrypt([block[0] ^ left, block[1] ^ right]);
            state.set(place, block);
        }
        state
    }

    /// Replaces tables and subkeys by those that follow with `key`.
    pub(crate) fn expand(&mut self, key: &Key) {
        self.mix(key);
        let mut block = [0; 2];
        for place in 0..SUBKEY_PLACES {
            block = self.encrypt(block);
            self.set_subkeys(place, block);
        }
        // A copy, which no write to the tables can change, as far as the compiler sees.
        let subkeys = self.subkeys;
        for table in 0..4 {
            for place in 0..TABLE_PLACES {
                block = encrypt(&self.tables, &subkeys, block);
                self.set_table(table, place, block);
            }
        }
    }

    /// [`Self::expand`] for two states at a time.
    pub(crate) fn expand_two(one: &mut Self, other: &mut Self, keys: [&Key; 2]) {
        one.mix(keys[0]);
        other.mix(keys[1]);
        let mut blocks = [[0; 2]; 2];
        for place in 0..SUBKEY_PLACES {
            let subkeys = [&one.subkeys, &other.subkeys];
            blocks = encrypt_two([&one.tables, &other.tables], subkeys, blocks);
            one.set_subkeys(place, blocks[0]);
            other.set_subkeys(place, blocks[1]);
        }
        let subkeys = [one.subkeys, other.subkeys];
        for table in 0..4 {
            for place in 0..TABLE_PLACES {
                blocks = encrypt_two([&one.tables, &other.tables], subkeys.each_ref(), blocks);
                one.set_table(table, place, blocks[0]);
                other.set_table(table, place, blocks[1]);
            }
        }
    }

    #[inline(always)]
    pub(crate) fn encrypt(&self, block: Block) -> Block {
        encrypt(&self.tables, &self.subkeys, block)
    }

    fn mix(&mut self, key: &Key) {
        for (subkey, word) in self.subkeys.iter_mut().zip(key) {
            *subkey ^= word;
        }
    }

    fn set(&mut self, place: usize, block: Block) {
        match place.checked_sub(SUBKEY_PLACES) {
            None => self.set_subkeys(place, block),
            Some(place) => self.set_table(place / TABLE_PLACES, place % TABLE_PLACES, block),
        }
    }

    #[inline(always)]
    fn set_subkeys(&mut self, place: usize, [left, right]: Block) {
        self.subkeys[2 * place] = left;
        self.subkeys[2 * place + 1] = right;
    }

    #[inline(always)]
    fn set_table(&mut self, table: usize, place: usize, [left, right]: Block) {
        self.tables[table][2 * place] = left;
        self.tables[table][2 * place + 1] = right;
    }
}

#[inline(always)]
fn encrypt(tables: &Tables, subkeys: &Key, [mut left, mut right]: Block) -> Block {
    left ^= subkeys[0];
    for round in 0..8 {
        right = (right ^ subkeys[2 * round + 1]) ^ look_up(tables, left);
        left = (left ^ subkeys[2 * round + 2]) ^ look_up(tables, right);
    }
    [right ^ subkeys[17], left]
}

/// The rounds of both blocks alternate, so that one proceeds while the other waits for its table lookups.
#[inline(always)]
fn encrypt_two(tables: [&Tables; 2], subkeys: [&Key; 2], blocks: [Block; 2]) -> [Block; 2] {
    let [one, other] = tables;
    let [keys, other_keys] = subkeys;
    let [[mut left, mut right], [mut other_left, mut other_right]] = blocks;
    left ^= keys[0];
    other_left ^= other_keys[0];
    for round in 0..8 {
        let (odd, even) = (2 * round + 1, 2 * round + 2);
        right = (right ^ keys[odd]) ^ look_up(one, left);
        other_right = (other_right ^ other_keys[odd]) ^ look_up(other, other_left);
        left = (left ^ keys[even]) ^ look_up(one, right);
        other_left = (other_left ^ other_keys[even]) ^ look_up(other, other_right);
    }
    [[right ^ keys[17], left], [other_right ^ other_keys[17], other_left]]
}

#[inline(always)]
fn look_up([a, b, c, d]: &Tables, word: u32) -> u32 {
    let a = a[(word >> 24) as usize];
    let b = b[(word >> 16 & 0xff) as usize];
    let c = c[(word >> 8 & 0xff) as usize];
    let d = d[(word & 0xff) as usize];
    (a.wrapping_add(b) ^ c).wrapping_add(d)
}

/// Blocks of subkeys, of a table, and of both.
const SUBKEY_PLACES: usize = 9;
const TABLE_PLACES: usize = 128;
const PLACES: usize = SUBKEY_PLACES + 4 * TABLE_PLACES;

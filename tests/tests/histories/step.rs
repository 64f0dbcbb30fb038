//! What a random history is made of.

use proptest::prelude::*;

/// One step of a history. Accounts are places: 0 and 1 Alice's, 2 Bob's, 3 Alice's in dollars, 4 nobody's. Where nobody is
/// named it is by the owner of the account that pays.
///
/// - `Expire`: a hold whose time is over before the next step.
/// - `Wait`: a payment that waits for a manager, who decides.
/// - `Order`: a standing order, due at once and once.
/// - `Limit`: the most that one transfer out of an account may be, in whole units, put in force by two people.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Fund { to: usize, minor: i64 },
    Pay { by: usize, from: usize, to: usize, minor: i64 },
    Batch { by: usize, atomic: bool, items: Vec<Line> },
    Hold { by: usize, from: usize, to: usize, minor: i64 },
    Expire { from: usize, to: usize, minor: i64 },
    Wait { from: usize, to: usize, minor: i64, approve: bool },
    Order { from: usize, to: usize, minor: i64 },
    Capture { by: usize, which: prop::sample::Index, part: Option<i64> },
    Void { by: usize, which: prop::sample::Index },
    Reverse { by: usize, which: prop::sample::Index, part: Option<i64> },
    Freeze { which: usize, debit: bool, credit: bool },
    Limit { which: usize, units: i64 },
    Replay { which: prop::sample::Index },
}

/// One item of a batch; `again`: under the id of an earlier item of the history.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) minor: i64,
    pub(crate) again: bool,
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let minor = || prop_oneof![4 => 0..400_i64, 1 => 400..5_000_i64];
    let line = (0..5_usize, 0..5_usize, minor(), prop::bool::weighted(0.15))
        .prop_map(|(from, to, minor, again)| Line { from, to, minor, again });
    prop_oneof![
        5 => (0..4_usize, 1..3_000_i64).prop_map(|(to, minor)| Step::Fund { to, minor }),
        6 => (0..2_usize, 0..5_usize, 0..5_usize, minor())
            .prop_map(|(by, from, to, minor)| Step::Pay { by, from, to, minor }),
        4 => (0..2_usize, any::<bool>(), prop::collection::vec(line, 1..6))
            .prop_map(|(by, atomic, items)| Step::Batch { by, atomic, items }),
        4 => (0..2_usize, 0..5_usize, 0..5_usize, minor())
            .prop_map(|(by, from, to, minor)| Step::Hold { by, from, to, minor }),
        3 => (0..2_usize, any::<prop::sample::Index>(), prop::option::of(minor()))
            .prop_map(|(by, which, part)| Step::Capture { by, which, part }),
        1 => (0..2_usize, any::<prop::sample::Index>())
            .prop_map(|(by, which)| Step::Void { by, which }),
        3 => (0..2_usize, any::<prop::sample::Index>(), prop::option::of(minor()))
            .prop_map(|(by, which, part)| Step::Reverse { by, which, part }),
        1 => (0..4_usize, any::<bool>(), any::<bool>())
            .prop_map(|(which, debit, credit)| Step::Freeze { which, debit, credit }),
        2 => (0..3_usize, 0..3_usize, minor())
            .prop_map(|(from, to, minor)| Step::Expire { from, to, minor }),
        3 => (0..3_usize, 0..3_usize, minor(), any::<bool>())
            .prop_map(|(from, to, minor, approve)| Step::Wait { from, to, minor, approve }),
        2 => (0..4_usize, 0..5_usize, minor())
            .prop_map(|(from, to, minor)| Step::Order { from, to, minor }),
        2 => (0..4_usize, prop_oneof![3 => 1..5_i64, 1 => 5..60_i64])
            .prop_map(|(which, units)| Step::Limit { which, units }),
        1 => any::<prop::sample::Index>().prop_map(|which| Step::Replay { which }),
    ]
}

//! One generator for each typology. Each is a [`Story`]; what the thief does is told, what came before is not.

use super::{Account, DAY_US, HOUR_US, MINUTE_US, Person, Story, World};

/// By name.
pub(crate) const FRAUDS: [(&str, Story); 13] = [
    ("account takeover", takeover),
    ("authorised scam", scam),
    ("authorised scam, payee of years", scam_to_old_account),
    ("mule", mule),
    ("mule, account of years", mule_of_years),
    ("structuring", structuring),
    ("velocity burst", burst),
    ("dormant waking", dormant),
    ("round trip", round_trip),
    ("fan-out", fan_out),
    ("fan-in, then out", fan_in),
    ("payroll diversion, new hand", diversion_new_hand),
    ("payroll diversion, usual hand", diversion),
];

/// A new device, address and payee, and most of the balance within hours.
fn takeover(world: &mut World) {
    let victim = Person::settled(world);
    world.pass(HOUR_US, DAY_US);
    let (since_us, foreign) = (world.now_us, world.dice.chance(80));
    let (failed, changed) = (world.dice.between(0, 6), world.dice.chance(30));
    let context = world.context(victim.own);
    context.device_since_us = Some(since_us);
    context.key_since_us = Some(since_us);
    context.address_is_new = foreign;
    context.failed_sign_ins = u32::try_from(failed).unwrap();
    context.credentials_changed_at_us = changed.then_some(since_us);
    world.pass(5 * MINUTE_US, 20 * HOUR_US);
    let age_us = if world.dice.chance(50) { 4 * DAY_US } else { 800 * DAY_US };
    let thief = world.opens(age_us, 0);
    let parts = usize::try_from(world.dice.between(1, 3)).unwrap();
    let per_cent = world.dice.between(70, 95);
    world.drains(victim.own, &vec![thief; parts], per_cent, HOUR_US);
}

/// Talked into it: far above habit, several times within days, to an account opened for it.
fn scam(world: &mut World) {
    let age_us = world.dice.between(2, 20) * DAY_US;
    scam_to(world, age_us);
}

fn scam_to_old_account(world: &mut World) {
    scam_to(world, 700 * DAY_US);
}

fn scam_to(world: &mut World, age_us: i64) {
    let victim = Person::settled(world);
    let saved = world.dice.between(1_000_000, 4_000_000);
    world.deposit(victim.own, saved);
    let thief = world.opens(age_us, 0);
    for _ in 0..world.dice.between(2, 4) {
        let amount = world.dice.between(200_000, saved / 4 + 200_000);
        world.tells(victim.own, thief, amount);
        world.pass(4 * HOUR_US, 2 * DAY_US);
    }
}

/// In from strangers, 85 to 97 % out within hours.
fn mule(world: &mut World) {
    let age_us = world.dice.between(5, 60) * DAY_US;
    let mule = world.opens(age_us, 5_000);
    for _ in 0..world.dice.between(0, 4) {
        let shop = world.old(0);
        world.pay(mule, shop, 900);
        world.pass(DAY_US, 3 * DAY_US);
    }
    let least = world.dice.between(2, 6);
    launder(world, mule, least, (30_000, 200_000));
}

fn mule_of_years(world: &mut World) {
    let person = Person::settled(world);
    // Who lends an account has little on it.
    let (left, landlord) = (world.balance(person.own) - 20_000, person.landlord);
    world.pay(person.own, landlord, left.max(1));
    world.pass(2 * DAY_US, 9 * DAY_US);
    let strangers = world.dice.between(3, 7);
    launder(world, person.own, strangers, (80_000, 300_000));
}

fn launder(world: &mut World, mule: Account, strangers: i64, (least, most): (i64, i64)) {
    for _ in 0..strangers {
        let stranger = world.old(most);
        let amount = world.dice.between(least, most);
        world.pay(stranger, mule, amount);
        world.pass(5 * MINUTE_US, 2 * HOUR_US);
    }
    let boss = world.old(0);
    let parts = usize::try_from(world.dice.between(1, 3)).unwrap();
    let per_cent = world.dice.between(85, 97);
    world.drains(mule, &vec![boss; parts], per_cent, HOUR_US);
}

/// Repeated amounts at 85 to 99.9 % of 10,000.00.
fn structuring(world: &mut World) {
    let person = Person::settled(world);
    world.deposit(person.own, 12_000_000);
    let payees: Vec<_> = (0..world.dice.between(1, 3)).map(|_| world.old(0)).collect();
    let parts = usize::try_from(world.dice.between(4, 8)).unwrap();
    for to in payees.iter().cycle().take(parts) {
        let amount = world.dice.between(850_000, 999_000);
        world.tells(person.own, *to, amount);
        world.pass(2 * HOUR_US, 14 * HOUR_US);
    }
}

/// 10 to 60 payments in an hour.
fn burst(world: &mut World) {
    let person = Person::settled(world);
    let shops: Vec<_> = (0..3).map(|_| world.old(0)).collect();
    let payments = world.dice.between(10, 60);
    for shop in shops.iter().cycle().take(usize::try_from(payments).unwrap()) {
        let amount = world.dice.between(2_000, 9_000);
        world.tells(person.own, *shop, amount);
        world.now_us += HOUR_US / payments;
    }
}

/// Silent for months, a sum in, over 90 % out in a day.
fn dormant(world: &mut World) {
    let account = world.opens(900 * DAY_US, 20_000);
    let (shop, source) = (world.old(0), world.old(10_000_000));
    world.pay(account, shop, 10_000);
    world.pass(100 * DAY_US, 400 * DAY_US);
    let sum = world.dice.between(300_000, 2_000_000);
    world.pay(source, account, sum);
    world.pass(HOUR_US, 10 * HOUR_US);
    let payees: Vec<_> = (0..world.dice.between(1, 3)).map(|_| world.old(0)).collect();
    let per_cent = world.dice.between(92, 99);
    world.drains(account, &payees, per_cent, 2 * HOUR_US);
}

/// A to B to C to A, up to three times, amounts within 5 %.
fn round_trip(world: &mut World) {
    let people: Vec<_> = (0..3).map(|_| Person::settled(world).own).collect();
    for account in &people {
        world.deposit(*account, 1_500_000);
    }
    let mut amount = world.dice.between(200_000, 800_000);
    for _ in 0..world.dice.between(1, 3) {
        for (from, to) in [(0, 1), (1, 2), (2, 0)] {
            world.tells(people[from], people[to], amount);
            amount -= amount * world.dice.between(0, 25) / 1_000;
            world.pass(HOUR_US, 20 * HOUR_US);
        }
    }
}

/// One to 8 to 25 in a day.
fn fan_out(world: &mut World) {
    let person = Person::settled(world);
    let taken = world.dice.between(500_000, 2_000_000);
    world.deposit(person.own, taken);
    let payees: Vec<_> = (0..world.dice.between(9, 25)).map(|_| world.old(0)).collect();
    let per_cent = world.dice.between(88, 97);
    world.drains(person.own, &payees, per_cent, HOUR_US);
}

/// 8 to 25 to one in two days, then out.
fn fan_in(world: &mut World) {
    let age_us = world.dice.between(40, 400) * DAY_US;
    let collector = world.opens(age_us, 10_000);
    let strangers = world.dice.between(8, 25);
    for _ in 0..strangers {
        let stranger = world.old(100_000);
        let amount = world.dice.between(5_000, 50_000);
        world.pay(stranger, collector, amount);
        world.now_us += 30 * HOUR_US / strangers;
    }
    let boss = world.old(0);
    let parts = usize::try_from(world.dice.between(1, 3)).unwrap();
    let per_cent = world.dice.between(85, 97);
    world.drains(collector, &vec![boss; parts], per_cent, HOUR_US);
}

fn diversion(world: &mut World) {
    let (firm, file) = diverted_file(world);
    world.tells_many(firm, &file);
}

fn diversion_new_hand(world: &mut World) {
    let (firm, file) = diverted_file(world);
    let since_us = world.now_us - 2 * HOUR_US;
    let context = world.context(firm);
    context.device_since_us = Some(since_us);
    context.credentials_changed_at_us = Some(since_us);
    world.tells_many(firm, &file);
}

/// A salary run in which one or two payees are new accounts of the thief.
fn diverted_file(world: &mut World) -> (Account, Vec<(Account, i64)>) {
    let firm = world.old(500_000_000);
    let mut file: Vec<_> = (0..world.dice.between(15, 60))
        .map(|_| (world.old(0), world.dice.between(180_000, 520_000)))
        .collect();
    for _ in 0..6 {
        world.pay_many(firm, &file);
        world.now_us += 30 * DAY_US;
    }
    for _ in 0..world.dice.between(1, 2) {
        let index = usize::try_from(world.dice.between(0, 14)).unwrap();
        let age_us = world.dice.between(1, 20) * DAY_US;
        file[index].0 = world.opens(age_us, 0);
    }
    (firm, file)
}

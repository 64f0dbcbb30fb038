//! What looks like a fraud and is none. Each is a [`Story`]; a manager lets go what is held.

use super::{DAY_US, HOUR_US, MINUTE_US, Person, Story, World};

/// By name.
pub(crate) const INNOCENTS: [(&str, Story); 15] = [
    ("ordinary half-year", half_year),
    ("salaries", salaries),
    ("merchant settlement", settlement),
    ("merchant settlement, new shop", settlement_of_new_shop),
    ("wholesaler's invoices", invoices),
    ("shared bill", shared_bill),
    ("holiday house, collected first", holiday_house),
    ("car bought in two parts", car),
    ("lend and return", lend),
    ("gifts to many", gifts),
    ("new phone", new_phone),
    ("new phone, then a house deposit", new_phone_and_house),
    ("travel", travel),
    ("saver waking up", saver),
    ("house deposit", house),
];

fn half_year(world: &mut World) {
    let person = Person::new(world);
    for _ in 0..180 {
        person.lives_a_day(world, World::tells);
    }
}

/// From the first run of a new firm; later with somebody new, whose account is old.
fn salaries(world: &mut World) {
    let firm = world.opens(20 * DAY_US, 0);
    let mut file: Vec<_> = (0..world.dice.between(8, 80))
        .map(|_| (world.old(0), world.dice.between(180_000, 520_000)))
        .collect();
    for month in 0..8 {
        let total: i64 = file.iter().map(|(_, amount)| amount).sum();
        let left = world.balance(firm);
        world.deposit(firm, total + total / 20 - left);
        world.tells_many(firm, &file);
        world.now_us += 30 * DAY_US;
        if month == 4 {
            file.push((world.old(0), 300_000));
        }
    }
}

/// Strangers pay all day, and in the evening nine tenths go to the owner. The engine has known it for a week.
fn settlement(world: &mut World) {
    settle(world, 8);
}

/// In its first week a shop is what a collector of frauds is.
fn settlement_of_new_shop(world: &mut World) {
    settle(world, 0);
}

fn settle(world: &mut World, known_days: i32) {
    let (shop, owner) = (world.opens(3 * DAY_US, 10_000), world.old(0));
    let opened_us = world.now_us;
    for day in 0..30 {
        world.now_us = opened_us + i64::from(day) * DAY_US;
        for _ in 0..world.dice.between(20, 50) {
            let guest = world.old(20_000);
            let amount = world.dice.between(500, 12_000);
            world.pay(guest, shop, amount);
            world.now_us += 12 * MINUTE_US;
        }
        let takings = world.balance(shop) * 9 / 10;
        if day < known_days {
            world.pay(shop, owner, takings);
        } else {
            world.tells(shop, owner, takings);
        }
    }
}

/// Invoices of around 9,000.00, three or four a week, to the same few suppliers. The first month is the engine's, too.
fn invoices(world: &mut World) {
    let shop = world.old(100_000_000);
    let suppliers: Vec<_> = (0..3).map(|_| world.old(0)).collect();
    for week in 0..26 {
        for supplier in &suppliers {
            let amount = world.dice.between(700_000, 1_100_000);
            if week < 4 {
                world.pay(shop, *supplier, amount);
            } else {
                world.tells(shop, *supplier, amount);
            }
            world.pass(DAY_US, 2 * DAY_US);
        }
        world.pass(DAY_US, 2 * DAY_US);
    }
}

fn shared_bill(world: &mut World) {
    let (host, restaurant) = (Person::settled(world), world.old(0));
    let guests: Vec<_> = (0..world.dice.between(4, 10)).map(|_| Person::settled(world)).collect();
    let share = world.dice.between(1_500, 6_000);
    let many = i64::try_from(guests.len()).unwrap();
    world.tells(host.own, restaurant, share * (many + 1));
    for guest in guests {
        world.pass(2 * MINUTE_US, 8 * HOUR_US);
        world.tells(guest.own, host.own, share);
    }
}

/// One collects from many, and then pays it all.
fn holiday_house(world: &mut World) {
    let (host, landlord) = (Person::settled(world), world.old(0));
    let many = world.dice.between(4, 12);
    let share = world.dice.between(8_000, 20_000);
    for _ in 0..many {
        let guest = world.old(100_000);
        world.tells(guest, host.own, share);
        world.pass(10 * MINUTE_US, 4 * HOUR_US);
    }
    world.tells(host.own, landlord, share * (many + 1));
}

fn car(world: &mut World) {
    let (buyer, seller) = (Person::settled(world), world.old(300_000));
    let price = world.dice.between(600_000, 2_500_000);
    let spare = price * world.dice.between(5, 50) / 100;
    world.deposit(buyer.own, price + spare);
    let down = price * world.dice.between(10, 50) / 100;
    world.tells(buyer.own, seller, down);
    world.pass(HOUR_US, 5 * DAY_US);
    world.tells(buyer.own, seller, price - down);
}

fn lend(world: &mut World) {
    let (lender, borrower) = (Person::settled(world), Person::settled(world));
    let amount = world.dice.between(20_000, 200_000);
    world.deposit(lender.own, amount);
    world.tells(lender.own, borrower.own, amount);
    world.pass(DAY_US, 20 * DAY_US);
    world.deposit(borrower.own, amount);
    world.tells(borrower.own, lender.own, amount);
}

fn gifts(world: &mut World) {
    let giver = Person::settled(world);
    world.deposit(giver.own, 300_000);
    let mut payees = giver.friends.clone();
    for _ in 0..world.dice.between(4, 12) {
        payees.push(world.old(0));
    }
    let amount = world.dice.between(2_000, 10_000);
    for to in payees {
        world.tells(giver.own, to, amount);
        world.pass(MINUTE_US, 10 * MINUTE_US);
    }
}

/// Paired and certified anew at home; then what is paid anyway, and one new payee.
fn new_phone(world: &mut World) {
    let person = Person::settled(world);
    buy_phone(world, &person);
    let (rent, shop) = (person.landlord, world.old(0));
    let amount = world.dice.between(60_000, 120_000);
    world.tells(person.own, rent, amount);
    let amount = world.dice.between(5_000, 40_000);
    world.tells(person.own, shop, amount);
    for _ in 0..10 {
        person.lives_a_day(world, World::tells);
    }
}

fn buy_phone(world: &mut World, person: &Person) {
    let since_us = world.now_us;
    let context = world.context(person.own);
    context.device_since_us = Some(since_us);
    context.key_since_us = Some(since_us);
    world.pass(10 * MINUTE_US, 10 * HOUR_US);
}

/// The hardest of all: it differs from a takeover at home in nothing that the engine sees.
fn new_phone_and_house(world: &mut World) {
    let person = Person::settled(world);
    let deposit = world.dice.between(2_000_000, 8_000_000);
    world.deposit(person.own, deposit);
    buy_phone(world, &person);
    let notary = world.old(10_000_000);
    world.tells(person.own, notary, deposit);
}

fn travel(world: &mut World) {
    let person = Person::settled(world);
    world.deposit(person.own, 200_000);
    world.context(person.own).address_is_new = true;
    for _ in 0..world.dice.between(5, 10) {
        let (hotel, cafe) = (world.old(0), world.old(0));
        let amount = world.dice.between(8_000, 40_000);
        world.tells(person.own, hotel, amount);
        world.pass(HOUR_US, 6 * HOUR_US);
        let amount = world.dice.between(1_000, 5_000);
        world.tells(person.own, cafe, amount);
        world.pass(12 * HOUR_US, DAY_US);
    }
}

/// Puts something by every month, takes nothing for most of a year, and then takes much of it.
fn saver(world: &mut World) {
    let (person, savings) = (Person::settled(world), world.old(100_000));
    world.pay(savings, person.own, 5_000);
    for _ in 0..world.dice.between(4, 10) {
        world.deposit(person.own, 100_000);
        world.pay(person.own, savings, 60_000);
        world.now_us += 30 * DAY_US;
    }
    let seller = if world.dice.chance(50) { person.own } else { world.old(0) };
    let amount = world.balance(savings) * world.dice.between(30, 100) / 100;
    world.tells(savings, seller, amount);
}

/// Own savings and sometimes the parents' come in, and all of it goes to the notary.
fn house(world: &mut World) {
    let (person, savings, notary) =
        (Person::settled(world), world.old(10_000_000), world.old(90_000_000));
    world.pay(savings, person.own, 1_000);
    world.pass(30 * DAY_US, 90 * DAY_US);
    let deposit = world.dice.between(2_000_000, 6_000_000);
    world.pay(savings, person.own, deposit);
    if world.dice.chance(30) {
        let parents = world.old(5_000_000);
        world.pay(parents, person.own, deposit / 4);
    }
    world.pass(HOUR_US, 2 * DAY_US);
    let amount = world.balance(person.own) * world.dice.between(80, 97) / 100;
    world.tells(person.own, notary, amount);
}

//! A payment file from a customer, as XML and as a table. What is read can be answered.
#![no_main]

use libfuzzer_sys::fuzz_target;
use messages::pain002::{self, ItemStatus, Report};
use messages::payment::{PaymentFile, UncheckedFile, csv, pain001};
use messages::Limits;

fuzz_target!(|data: &[u8]| {
    for read in [pain001::read(data, &Limits::PRODUCT), csv::read(data, "message", &Limits::PRODUCT)] {
        if let Ok(file) = read.and_then(UncheckedFile::check) {
            answer(&file).expect("a file that was read can be answered");
        }
    }
});

fn answer(file: &PaymentFile) -> Result<(), pain002::ReportError> {
    let report = Report {
        message_id: "status",
        created_at: time::OffsetDateTime::UNIX_EPOCH,
        bank_name: "Bank",
    };
    let statuses: Vec<ItemStatus> = file
        .items()
        .map(|(_, item)| match &item.order {
            Ok(_) => ItemStatus::Accepted,
            Err(unpayable) => unpayable.clone().into(),
        })
        .collect();
    pain002::write(report, file, &statuses, std::io::sink())
}

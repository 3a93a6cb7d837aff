//! What left the strategy, and when: enough to play the venue's side of a run once more.

use crate::context::View;
use crate::event::Moment;
use crate::execution::Request;
use crate::order::{Amendment, OrderId, OrderKind, OrderRequest};
use crate::time::Time;

/// The requests of a run in their order, each as short as can be: a run may send millions.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    sent: Vec<Sent>,
    /// Orders that say more than a limit and a quantity, and what they may hold back.
    special: Vec<(OrderRequest, i128)>,
    amendments: Vec<Amendment>,
}

/// One request. The terms of a plain order are in the order itself.
#[derive(Clone, Copy, Debug)]
struct Sent {
    time: Time,
    round: u32,
    /// Number of the order × 4 + one of the following.
    what: u32,
}

const OPEN: u32 = 0;
/// Opens the next order of `special`.
const OPEN_SPECIAL: u32 = 1;
/// The next one of `amendments`.
const AMEND: u32 = 2;
const CANCEL: u32 = 3;

impl Sent {
    fn order(self) -> OrderId {
        OrderId(self.what / 4)
    }

    fn moment(self) -> Moment {
        Moment { time: self.time, round: self.round }
    }
}

impl Journal {
    /// Notes requests that left at `moment`.
    #[inline]
    pub(super) fn note(&mut self, requests: &[Request], moment: Moment) {
        for request in requests {
            let (order, what) = match request {
                Request::Open(id, request, _)
                    if request.special.is_none() && request.kind == OrderKind::Limit =>
                {
                    (*id, OPEN)
                }
                Request::Open(id, request, most) => {
                    self.special.push((request.clone(), *most));
                    (*id, OPEN_SPECIAL)
                }
                Request::Amend(id, amendment) => {
                    self.amendments.push(*amendment);
                    (*id, AMEND)
                }
                Request::Cancel(id) => (*id, CANCEL),
            };
            let what = order.0 * 4 + what;
            self.sent.push(Sent { time: moment.time, round: moment.round, what });
        }
    }

    /// The requests with the moments of their sending; `view` is that of the same run.
    pub fn requests<'a>(&'a self, view: &'a View) -> impl Iterator<Item = (Moment, Request)> + 'a {
        let (mut special, mut amendments) = (self.special.iter(), self.amendments.iter());
        self.sent.iter().filter_map(move |sent| {
            let id = sent.order();
            let request = match sent.what % 4 {
                // Of a limit order the venue asks for all it needs.
                OPEN => Request::Open(id, view.as_sent(id)?, i128::MAX),
                OPEN_SPECIAL => {
                    let (request, most) = special.next()?.clone();
                    Request::Open(id, request, most)
                }
                AMEND => Request::Amend(id, *amendments.next()?),
                _ => Request::Cancel(id),
            };
            Some((sent.moment(), request))
        })
    }

    /// How many requests there were.
    pub fn len(&self) -> usize {
        self.sent.len()
    }

    /// True if nothing was ever sent.
    pub fn is_empty(&self) -> bool {
        self.sent.is_empty()
    }

    /// When an order was sent, if it was.
    pub fn sent(&self, id: OrderId) -> Option<Moment> {
        let opens = |sent: &&Sent| sent.order() == id && sent.what % 4 <= OPEN_SPECIAL;
        self.sent.iter().find(opens).map(|sent| sent.moment())
    }
}

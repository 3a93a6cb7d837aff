//! What left the strategy, and when: enough to play the venue's side of a run once more.

use crate::event::Moment;
use crate::execution::Request;
use crate::order::{Amendment, Order, OrderId, OrderKind, OrderRequest};

/// The requests of a run in their order. A plain one takes a fixed number of bytes.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    sent: Vec<Sent>,
    /// Orders that say more than a limit and a quantity, and what they may hold back.
    special: Vec<(OrderRequest, i128)>,
    amendments: Vec<Amendment>,
}

/// One request. Of a plain order the rest is in the order itself, where it never changes.
#[derive(Clone, Copy, Debug)]
struct Sent {
    moment: Moment,
    order: OrderId,
    what: What,
    quantity: i64,
    limit: i64,
}

#[derive(Clone, Copy, Debug)]
enum What {
    Open,
    /// Opens an order of `special`.
    OpenSpecial(u32),
    /// Place in `amendments`.
    Amend(u32),
    Cancel,
}

impl Journal {
    /// Notes requests that left at `moment`.
    #[inline]
    pub(super) fn note(&mut self, requests: &[Request], moment: Moment) {
        for request in requests {
            let (order, what, quantity, limit) = match request {
                Request::Open(id, request, most) => {
                    let what = if request.special.is_none() && request.kind == OrderKind::Limit {
                        What::Open
                    } else {
                        self.special.push((request.clone(), *most));
                        What::OpenSpecial(self.special.len() as u32 - 1)
                    };
                    (*id, what, request.quantity, request.limit)
                }
                Request::Amend(id, amendment) => {
                    self.amendments.push(*amendment);
                    (*id, What::Amend(self.amendments.len() as u32 - 1), 0, 0)
                }
                Request::Cancel(id) => (*id, What::Cancel, 0, 0),
            };
            self.sent.push(Sent { moment, order, what, quantity, limit });
        }
    }

    /// The requests with the moments of their sending; `orders` are all orders of the run.
    pub fn requests<'a>(
        &'a self,
        orders: &'a [Order],
    ) -> impl Iterator<Item = (Moment, Request)> + 'a {
        self.sent.iter().filter_map(|sent| {
            let Sent { order: id, quantity, limit, .. } = *sent;
            let request = match sent.what {
                What::Open => {
                    let known = orders.get(id.at())?.request.clone();
                    // Of a limit order the venue asks for all it needs.
                    Request::Open(id, OrderRequest { quantity, limit, ..known }, i128::MAX)
                }
                What::OpenSpecial(at) => {
                    let (request, most) = self.special.get(at as usize)?.clone();
                    Request::Open(id, request, most)
                }
                What::Amend(at) => Request::Amend(id, *self.amendments.get(at as usize)?),
                What::Cancel => Request::Cancel(id),
            };
            Some((sent.moment, request))
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
        let opens = |sent: &&Sent| {
            sent.order == id && matches!(sent.what, What::Open | What::OpenSpecial(_))
        };
        self.sent.iter().find(opens).map(|sent| sent.moment)
    }
}

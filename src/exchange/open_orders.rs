//! The orders that the venue has: open ones, and ended ones until their owner was told.

use crate::instrument::InstrumentIndex;
use crate::order::{Order, OrderId};

/// Orders by number, in places that are used again: what is at work stays close together.
#[derive(Clone, Debug, Default)]
pub(super) struct OpenOrders {
    places: Vec<Order>,
    free: Vec<u32>,
    /// By order number: its place and one, or zero.
    place: Vec<u32>,
}

impl OpenOrders {
    /// Takes in an order; its number must be new.
    #[inline]
    pub(super) fn insert(&mut self, order: Order) {
        let at = order.id.at();
        if at >= self.place.len() {
            self.place.resize(at + 1, 0);
        }
        assert!(self.place[at] == 0, "an order arrives once");
        let place = if let Some(place) = self.free.pop() {
            self.places[place as usize] = order;
            place
        } else {
            self.places.push(order);
            self.places.len() as u32 - 1
        };
        self.place[at] = place + 1;
    }

    fn place(&self, id: OrderId) -> Option<usize> {
        let place = self.place.get(id.at()).copied().unwrap_or(0);
        (place as usize).checked_sub(1)
    }

    /// The order of this number, if it is here.
    #[inline]
    pub(super) fn get(&self, id: OrderId) -> Option<&Order> {
        self.place(id).map(|place| &self.places[place])
    }

    /// The order of this number, if it is here.
    #[inline]
    pub(super) fn get_mut(&mut self, id: OrderId) -> Option<&mut Order> {
        self.place(id).map(|place| &mut self.places[place])
    }

    /// An order that must be here: whatever the matching finds is open.
    #[inline]
    pub(super) fn open(&mut self, id: OrderId) -> &mut Order {
        self.get_mut(id).unwrap_or_else(|| panic!("order {} is not open", id.0))
    }

    /// An order that must be here, and its other leg if that is here.
    #[inline]
    pub(super) fn open_with_sibling(&mut self, id: OrderId) -> (&mut Order, Option<&mut Order>) {
        let sibling = self.open(id).request.sibling().and_then(|sibling| self.place(sibling));
        let Some(sibling) = sibling else { return (self.open(id), None) };
        let own = self.place(id).unwrap_or(sibling);
        let both = self.places.get_disjoint_mut([own, sibling]);
        let [order, sibling] = both.expect("no order is its own leg");
        (order, Some(sibling))
    }

    /// True if an order of this number or a later one never arrived.
    fn is_to_come(&self, id: OrderId) -> bool {
        id.at() >= self.place.len()
    }

    /// Orders of an instrument that have not ended, without `but`.
    pub(super) fn working(&self, of: InstrumentIndex, but: OrderId) -> usize {
        let counts = |order: &&Order| {
            order.request.instrument == of && order.id != but && !order.status.is_final()
        };
        self.places.iter().filter(counts).count()
    }

    /// Forgets an order whose end was told, unless its other leg or a child, which will ask for it,
    /// is still to arrive. (Orders arrive in the order of their numbers.)
    #[inline]
    pub(super) fn forget(&mut self, id: OrderId) {
        if let Some(place) = self.place(id) {
            let request = &self.places[place].request;
            if request.special.is_some()
                && request.children(id).chain(request.sibling()).any(|id| self.is_to_come(id))
            {
                return;
            }
            self.free.push(place as u32);
            self.place[id.at()] = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::Side;
    use crate::order::{OrderKind, OrderRequest, TimeInForce};
    use crate::time::Time;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn order(id: u32) -> Order {
        let request = OrderRequest {
            instrument: InstrumentIndex(0),
            side: Side::Buy,
            kind: OrderKind::Limit,
            time_in_force: TimeInForce::GoodTillCancelled,
            post_only: false,
            quantity: i64::from(id),
            limit: 1,
            special: None,
        };
        Order::new(OrderId(id), request, Time(0))
    }

    proptest! {
        /// It is a map by number, and never holds more places than were used at one time.
        #[test]
        fn it_is_a_map(acts in prop::collection::vec((1u32..30, any::<bool>()), 0..200)) {
            let (mut open, mut map, mut most) = (OpenOrders::default(), BTreeMap::new(), 0);
            for (id, insert) in acts {
                if insert && !map.contains_key(&id) {
                    open.insert(order(id));
                    map.insert(id, order(id));
                } else {
                    open.forget(OrderId(id));
                    map.remove(&id);
                }
                most = most.max(map.len());
                for id in 1..30 {
                    prop_assert_eq!(open.get(OrderId(id)), map.get(&id));
                }
            }
            prop_assert_eq!(open.places.len(), most);
        }
    }
}

//! The life of an order: a table of statuses and of what can happen in each.

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Made, not yet checked.
    Created,
    /// Refused before it was sent.
    Denied,
    /// Sent, no answer yet; at the venue also a market order that waits for a price.
    Submitted,
    /// Refused by the venue.
    Rejected,
    /// Accepted and working.
    Open,
    /// A stop whose trigger was met.
    Triggered,
    /// Working with a part filled.
    PartFilled,
    /// Done in full.
    Filled,
    /// Ended before it was full.
    Cancelled,
    /// Ended by its own time.
    Expired,
}

/// What can happen to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    /// Refused locally.
    Deny,
    /// Sent.
    Submit,
    /// Accepted by the venue.
    Accept,
    /// Refused by the venue.
    Reject,
    /// Trigger met.
    Trigger,
    /// A fill after which something is left, or may come.
    Fill,
    /// The last fill.
    LastFill,
    /// All that it will ever be is filled.
    Complete,
    /// Quantity or price changed.
    Amend,
    /// Ended by request or rule.
    Cancel,
    /// Ended by its own time.
    Expire,
}

impl Transition {
    /// Every transition, in its order.
    const ALL: [Self; 11] = [
        Self::Deny,
        Self::Submit,
        Self::Accept,
        Self::Reject,
        Self::Trigger,
        Self::Fill,
        Self::LastFill,
        Self::Complete,
        Self::Amend,
        Self::Cancel,
        Self::Expire,
    ];
}

impl Status {
    /// Every status, in its order.
    const ALL: [Self; 10] = [
        Self::Created,
        Self::Denied,
        Self::Submitted,
        Self::Rejected,
        Self::Open,
        Self::Triggered,
        Self::PartFilled,
        Self::Filled,
        Self::Cancelled,
        Self::Expired,
    ];

    /// The name that users see.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Denied => "denied",
            Self::Submitted => "submitted",
            Self::Rejected => "rejected",
            Self::Open => "open",
            Self::Triggered => "triggered",
            Self::PartFilled => "part_filled",
            Self::Filled => "filled",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }

    /// True once nothing but a late fill can happen.
    pub const fn is_final(self) -> bool {
        matches!(
            self,
            Self::Denied | Self::Rejected | Self::Filled | Self::Cancelled | Self::Expired
        )
    }

    /// The status after `transition`; `None` if that cannot happen to an order in this status.
    #[inline]
    pub const fn after(self, transition: Transition) -> Option<Self> {
        NEXT[self as usize][transition as usize]
    }

    const fn next(self, transition: Transition) -> Option<Self> {
        use Status as S;
        use Transition as T;
        Some(match (self, transition) {
            (S::Created, T::Deny) => S::Denied,
            (S::Submitted, T::Accept) | (S::Open, T::Amend) => S::Open,
            // The latter is a market order that is clipped.
            (S::Created, T::Submit) | (S::Submitted, T::Amend) => S::Submitted,
            (S::Submitted | S::Open | S::Triggered, T::Reject) => S::Rejected,
            // What a parent fills later waits for the trigger of its child anew.
            (S::Open | S::Triggered, T::Trigger) | (S::Triggered, T::Amend) => S::Triggered,
            (S::Submitted | S::Open | S::Triggered | S::PartFilled, T::Cancel) => S::Cancelled,
            (S::Submitted | S::Open | S::Triggered | S::PartFilled, T::Expire) => S::Expired,
            (S::Submitted | S::Open | S::Triggered, T::Fill)
            | (S::PartFilled, T::Fill | T::Trigger | T::Amend) => S::PartFilled,
            // A late fill counts; the end stands unless nothing is left.
            (S::Cancelled | S::Expired, T::Fill) => self,
            (S::Submitted | S::Open | S::Triggered | S::Cancelled | S::Expired, T::LastFill)
            | (S::PartFilled, T::LastFill | T::Complete) => S::Filled,
            _ => return None,
        })
    }
}

/// [`Status::next`] as a table by status and transition: an order is moved by a look, without a
/// branch.
const NEXT: [[Option<Status>; Transition::ALL.len()]; Status::ALL.len()] = {
    let mut table = [[None; Transition::ALL.len()]; Status::ALL.len()];
    let mut row = 0;
    while row < table.len() {
        let mut column = 0;
        while column < Transition::ALL.len() {
            table[row][column] = Status::ALL[row].next(Transition::ALL[column]);
            column += 1;
        }
        row += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_in_their_order() {
        assert!(Status::ALL.iter().enumerate().all(|(place, status)| *status as usize == place));
        let in_order = |(place, transition): (usize, &Transition)| *transition as usize == place;
        assert!(Transition::ALL.iter().enumerate().all(in_order));
    }

    #[test]
    fn nothing_follows_denied_rejected_and_filled() {
        for status in [Status::Denied, Status::Rejected, Status::Filled] {
            assert!(
                Transition::ALL.iter().all(|t| status.after(*t).is_none()),
                "{}",
                status.name()
            );
        }
    }

    #[test]
    fn only_a_late_fill_follows_cancelled_and_expired() {
        for status in [Status::Cancelled, Status::Expired] {
            for transition in Transition::ALL {
                let allowed = matches!(transition, Transition::Fill | Transition::LastFill);
                assert_eq!(status.after(transition).is_some(), allowed, "{transition:?}");
            }
            assert_eq!(status.after(Transition::Fill), Some(status));
        }
    }

    #[test]
    fn every_status_is_reached_from_created() {
        let mut seen = vec![Status::Created];
        let mut next = 0;
        while let Some(status) = seen.get(next).copied() {
            next += 1;
            for reached in Transition::ALL.iter().filter_map(|t| status.after(*t)) {
                if !seen.contains(&reached) {
                    seen.push(reached);
                }
            }
        }
        assert_eq!(seen.len(), Status::ALL.len());
    }
}

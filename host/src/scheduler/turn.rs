//! Turns: a fold that takes long makes way for others again and again, and goes on where it was.

use std::{
    cell::Cell,
    future::poll_fn,
    pin::{Pin, pin},
    rc::Rc,
    task::Poll,
    time::{Duration, Instant},
};

/// How long a fold may go on before others have their turn. It ends its present call first.
pub(super) const SLICE: Duration = Duration::from_millis(20);

/// The turn of one fold.
pub(super) struct Turn {
    began: Cell<Instant>,
    slice: Cell<Duration>,
    has_made_way: Cell<bool>,
}

impl Turn {
    pub(super) fn begin() -> Self {
        Self::of(SLICE)
    }

    /// A turn whose first slice is shorter.
    pub(super) fn of(slice: Duration) -> Self {
        Self {
            began: Cell::new(Instant::now()),
            slice: Cell::new(slice.min(SLICE)),
            has_made_way: Cell::new(false),
        }
    }

    /// Lets others have their turn, if this one has lasted long enough.
    pub(super) async fn make_way(&self) {
        if self.began.get().elapsed() < self.slice.get() {
            return;
        }
        let mut asked = false;
        poll_fn(|context| {
            if std::mem::replace(&mut asked, true) {
                return Poll::Ready(());
            }
            self.has_made_way.set(true);
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
        self.began.set(Instant::now());
        self.slice.set(SLICE);
    }

    /// Goes on with a fold until it ends, or (none) until it first makes way.
    pub(super) async fn first_slice<F: Future>(&self, mut fold: Pin<&mut F>) -> Option<F::Output> {
        poll_fn(|context| match fold.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if self.has_made_way.get() => Poll::Ready(None),
            // It waits for the store.
            Poll::Pending => Poll::Pending,
        })
        .await
    }
}

/// Goes on with a fold that made way, but not before whoever shares the thread was looked at, which sets
/// `looked`.
pub(super) async fn in_turn<F: Future>(fold: F, looked: Rc<Cell<Instant>>) -> F::Output {
    let mut fold = pin!(fold);
    poll_fn(|context| {
        if looked.get().elapsed() < SLICE {
            return fold.as_mut().poll(context);
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Turn {
        /// A turn that is over already.
        pub(in crate::scheduler) fn over() -> Self {
            Self::of(Duration::ZERO)
        }
    }

    #[tokio::test]
    async fn what_ends_in_time_makes_no_way() {
        let turn = Turn::begin();
        let fold = async {
            turn.make_way().await;
            7
        };
        assert_eq!(turn.first_slice(pin!(fold)).await, Some(7));
    }

    #[tokio::test]
    async fn what_takes_long_makes_way_and_goes_on_where_it_was() {
        let turn = Turn::over();
        let steps = Cell::new(0);
        let mut fold = pin!(async {
            steps.set(1);
            turn.make_way().await;
            steps.set(2);
            // Its next slice has only just begun.
            turn.make_way().await;
            steps.get()
        });
        assert_eq!(turn.first_slice(fold.as_mut()).await, None);
        assert_eq!(steps.get(), 1);
        assert_eq!(fold.await, 2);
    }

    #[tokio::test]
    async fn nobody_goes_on_once_a_look_is_over() {
        let looked = Rc::new(Cell::new(Instant::now().checked_sub(SLICE).unwrap()));
        let mut fold = pin!(in_turn(async { 7 }, Rc::clone(&looked)));
        let pending = poll_fn(|context| Poll::Ready(fold.as_mut().poll(context).is_pending())).await;
        assert!(pending);
        looked.set(Instant::now());
        assert_eq!(fold.await, 7);
    }

    #[tokio::test]
    async fn waiting_for_the_store_is_not_making_way() {
        let turn = Turn::begin();
        let fold = async {
            tokio::task::yield_now().await;
            7
        };
        assert_eq!(turn.first_slice(pin!(fold)).await, Some(7));
    }
}

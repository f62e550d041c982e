-- silences
-- pt: Quando o mercado não foi ouvido: cada silêncio de uma série, desde quando, por quê, e o que veio depois.
-- en: When the market was not heard: each silence of a feed, since when, why, and what came afterwards.
--
-- One row per notice: `silent` and `recovered` have the same `since`; `rolled` is a change of contract;
-- `set_aside` tells of faulty candles (`candles` of them, the newest opened at `since`) that were not judged. No
-- alert can have rung on candles that came after the fact (`filled` is backfilled) or never (missing).
-- Of a feed whose silences follow one another: `flapping` and, each hour, `flapping_digest` tell how many silences
-- began from `since` to `noticed_at` and how many of the candles expected were missing in time; `steady` is the end,
-- with the sums. `still_silent`, with the `since` of its silence, tells that one of these has become a long one.
--
-- Parameters, in the order of the question marks; days are UTC, written '2026-11-25':
--   1 from  the first day
--   2 to    the last
SELECT
  f.feed.since AS since,
  f.feed.noticed_at AS noticed_at,
  f.feed.event AS event,
  f.instrument,
  f.feed.timeframe AS timeframe,
  f.contract,
  f.feed.cause AS cause,
  f.feed.filled AS filled,
  f.feed.previous AS previous,
  f.feed.candles AS candles,
  f.feed.silences AS silences,
  f.feed.missing AS missing,
  f.feed.expected AS expected
FROM alertas_audit f
WHERE year || '-' || month || '-' || day_of_month BETWEEN ? AND ?
  AND kind = 'feed'
ORDER BY noticed_at, f.instrument, timeframe

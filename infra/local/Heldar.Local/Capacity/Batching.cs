namespace Heldar.Local.Capacity;

/// <summary>
/// How a box makes messages of events (room Uplink of the box). The first event after a quiet time waits a tenth of the flush time, in case more come with it; a stream that is
/// busy is sealed once per flush time; 32 KiB are sealed at once, and evidence does not wait. Events come at any time unless said otherwise. Pure.
/// </summary>
internal static class Batching
{
    /// <summary>Bytes that are sealed without waiting: <c>UplinkOptions.FlushBytes</c>.</summary>
    public const double BatchBytes = 32 * 1024;

    /// <summary>Share of the flush time that the first event after a quiet time waits: <c>Pending.DueAt</c>.</summary>
    public const double Early = 0.1;

    /// <summary>
    /// Messages per second of one stream of one box: from one seal to the next pass max(T + f/10, f), where T is the time to the next event, on average f + e^(−0.9·λ·f) ÷ λ.
    /// </summary>
    /// <param name="events">λ, per second.</param>
    /// <param name="bytes">Of one event.</param>
    /// <param name="flush">f, s; 0 for evidence.</param>
    public static double Messages(double events, double bytes, double flush) =>
        events <= 0 ? 0 : Math.Max(events / ((events * flush) + Math.Exp(-events * flush * (1 - Early))), events * bytes / BatchBytes);

    /// <summary>
    /// The same for states: one comes every <paramref name="period"/> seconds, <paramref name="others"/> per second come at any time, and those that wait collapse into the
    /// newest. Others ride along when they come right before the periodic one; with a period below the flush time there is a message per flush time.
    /// </summary>
    public static double StateMessages(double period, double others, double flush) =>
        period >= flush ? Math.Min(flush <= 0 ? double.PositiveInfinity : 1 / flush, (1 / period) + (Messages(others, 0, flush) * (1 - (Early * flush / period)))) : 1 / flush;

    /// <summary>
    /// Share of a stream's messages that hold an event of a kind that comes <paramref name="some"/> times per second, of <paramref name="all"/>: the first event is one, or one
    /// comes while the batch is open.
    /// </summary>
    public static double ShareWith(double some, double all, double flush)
    {
        if (some <= 0) return 0;
        double early = flush * Early, quiet = flush - early, apart = some - all;
        double open = Math.Abs(apart) < 1e-12 ? quiet : (Math.Exp(apart * quiet) - 1) / apart;
        double none = (all * Math.Exp(-some * flush) * open) + Math.Exp(-(all * quiet) - (some * early));
        return 1 - ((1 - (some / all)) * none);
    }

    /// <summary>How long an event waits on its box, s, at a share of all events (0 to 1).</summary>
    public static double Wait(double share, double events, double flush)
    {
        if (flush <= 0 || events <= 0) return 0;
        double early = flush * Early;
        double first = Math.Exp(-events * (flush - early));
        double rest = (1 - share) * ((events * flush) + first);
        if (rest > (events * (flush - early)) + first) return flush + ((first - rest) / events);
        return rest >= events * (flush - early) ? early : flush - (rest / events);
    }
}

namespace Heldar.Local.Capacity;

/// <summary>
/// How an instance of the functions asks a queue: at once after messages came, else after 100 ms, doubled while nothing comes up to <c>maxPollingInterval</c>; empty answers are
/// requests, too. Messages come at any time. Pure.
/// </summary>
internal sealed class Polling
{
    private readonly List<(double Seconds, double Share)> _intervals;

    /// <param name="messages">Per second, of the queue at this instance.</param>
    /// <param name="request">How long one request takes, s.</param>
    public Polling(double messages, double request)
    {
        double longest = Limits.PollSeconds + request;
        if (messages <= 0)
        {
            (_intervals, FetchesPerSecond) = ([(longest, 1)], 1 / longest);
            return;
        }

        // An interval comes when nothing came in those before it; the longest one repeats.
        List<(double Often, double Seconds)> all = [];
        double often = 1;
        for (double pause = 0; pause < Limits.PollSeconds; pause = pause == 0 ? Limits.FirstPollSeconds : pause * 2)
        {
            all.Add((often, pause + request));
            often *= Math.Exp(-messages * (pause + request));
        }

        all.Add((often / (1 - Math.Exp(-messages * longest)), longest));
        double time = all.Sum(i => i.Often * i.Seconds);
        FetchesPerSecond = Math.Max(all.Sum(i => i.Often) / time, messages / Limits.MessagesPerGet);
        _intervals = [.. all.Select(i => (i.Seconds, i.Often * i.Seconds / time))];
    }

    /// <summary>Requests for messages, those included that find none.</summary>
    public double FetchesPerSecond { get; }

    /// <summary>How long a message waits until it is fetched, s, at a share of all messages (0 to 1).</summary>
    public double Wait(double share)
    {
        double low = 0, high = _intervals.Max(i => i.Seconds);
        for (var i = 0; i < 40; i++)
        {
            double middle = (low + high) / 2;
            if (Longer(middle) > 1 - share) low = middle;
            else high = middle;
        }

        return high;
    }

    private double Longer(double seconds) => _intervals.Sum(i => i.Share * Math.Max(0, 1 - (seconds / i.Seconds)));
}

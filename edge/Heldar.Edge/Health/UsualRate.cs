using NodaTime;

namespace Heldar.Edge.Health;

/// <summary>A camera's own usual number of pictures per second, learnt slowly; says when it sends far fewer. Not thread-safe.</summary>
internal sealed class UsualRate
{
    /// <summary>Below this share of the usual rate it is low.</summary>
    private const double LowShare = 0.6;

    /// <summary>Looks until the usual rate is believed, and until a low one is told.</summary>
    private const int Believe = 30;
    private static readonly Duration Patience = Duration.FromSeconds(20);
    private int _looks;
    private Instant? _lowSince;

    /// <summary>Pictures per second; 0 until it is known.</summary>
    public double Usual { get; private set; }

    /// <summary>The camera was set up anew: what was usual says nothing any more.</summary>
    public void Forget() => (Usual, _looks, _lowSince) = (0, 0, null);

    /// <summary>Takes what is measured now, about once a second while the camera streams; true when it has been low for a while.</summary>
    public bool IsLow(double fps, Instant now)
    {
        if (!(fps > 0)) return false;
        if (_looks < Believe)
        {
            _looks++;
            Usual += (fps - Usual) / _looks;
            return false;
        }

        if (fps >= Usual * LowShare)
        {
            _lowSince = null;
            Usual += (fps - Usual) * 0.01;
            return false;
        }

        _lowSince ??= now;
        return now - _lowSince >= Patience;
    }
}

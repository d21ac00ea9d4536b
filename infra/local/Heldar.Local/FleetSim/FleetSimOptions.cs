using NodaTime;

namespace Heldar.Local.FleetSim;

/// <summary>What the simulated boxes do.</summary>
/// <param name="Boxes">1 to 1000.</param>
/// <param name="Folder">Where the log goes, and the stack's data when it is this run's own.</param>
internal sealed record FleetSimOptions(int Boxes, string Folder)
{
    /// <summary>When the stack has stopped, only logs stay in <see cref="Folder"/>.</summary>
    public bool Throwaway { get; init; }

    /// <summary>How long boxes make events, s, 1 to 86,400. Catching up comes on top, at most <see cref="DrainSeconds"/>.</summary>
    public int Seconds { get; init; } = 30;

    /// <summary>Boxes make events beyond <see cref="Seconds"/> while this holds; null is not at all. Called by many boxes at once.</summary>
    public Func<bool>? GoOn { get; init; }

    /// <summary>Events per second and box, 0.1 to 200. The footage's own clock runs as fast as that needs.</summary>
    public double Rate { get; init; } = 5;

    /// <summary>Cameras per box, 1 to 64.</summary>
    public int Cameras { get; init; } = 4;

    /// <summary>Makes the same events again, apart from their times. Any number.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Boxes lose their line twice, answers get lost, a disk and a whole box are replaced, a camera moves and a description is late. False leaves a calm fleet.</summary>
    public bool Outages { get; init; }

    /// <summary>How long an event waits for others: 1 s, or 10 s in the economy profile.</summary>
    public Duration Flush { get; init; } = Duration.FromSeconds(1);

    /// <summary>A batch that the cloud does not have after this long is put again. A box waits 2 min; a drill shall not.</summary>
    public Duration ResendAfter { get; init; } = Duration.FromSeconds(30);

    /// <summary>How often boxes renew their grants; null is half of a grant's life, as real boxes do.</summary>
    public Duration? RenewEvery { get; init; }

    /// <summary>
    /// False: no disk and no box is replaced. For queues that may forget what they accepted, as Azurite does when it is killed: what was lost in the queue and on the disk at once
    /// nobody can tell again.
    /// </summary>
    public bool Replace { get; init; } = true;

    /// <summary>What boxes tell, as a real box of that configuration does, with nothing going wrong; null is a mix of everything at <see cref="Rate"/>.</summary>
    public SteadyLoad? Steady { get; init; }

    /// <summary>Time between two heartbeats.</summary>
    public Duration Heartbeat { get; init; } = Duration.FromSeconds(5);

    /// <summary>Boxes keep every message that a queue accepted, so that they can put it again at the end.</summary>
    public bool Remember { get; init; }

    /// <summary>How long the boxes may take at the end until the cloud has everything, s.</summary>
    public int DrainSeconds { get; init; } = 180;

    /// <summary>The fleet; null starts a stack of its own.</summary>
    public Uri? Fleet { get; init; }

    /// <summary>Administrator of <see cref="Fleet"/>.</summary>
    public string? User { get; init; }

    /// <summary>Password of <see cref="User"/>.</summary>
    public string? Password { get; init; }

    /// <summary>Npgsql connection string of the index behind <see cref="Fleet"/>; without it nothing is judged.</summary>
    public string? Database { get; init; }

    /// <summary>Azure Storage connection string behind <see cref="Fleet"/>: for the manifests of folded hours.</summary>
    public string? Storage { get; init; }

    /// <summary>What is out of range; empty when nothing is.</summary>
    public IReadOnlyList<string> Mistakes()
    {
        List<string> found = [];
        Check(Boxes is >= 1 and <= 1000, "N is 1 to 1000 boxes");
        Check(Seconds is >= 1 and <= 86_400, "--seconds is 1 to 86400");
        Check(Rate is >= 0.1 and <= 200, "--rate is 0.1 to 200 events per second and box");
        Check(Cameras is >= 1 and <= 64, "--cameras is 1 to 64");
        Check(DrainSeconds is >= 1 and <= 3600, "--drain is 1 to 3600 seconds");
        Check(Fleet is null || (User is not null && Password is not null), "--fleet needs --user, and the password in HELDAR_PASSWORD");
        return found;

        void Check(bool holds, string mistake)
        {
            if (!holds) found.Add(mistake);
        }
    }
}

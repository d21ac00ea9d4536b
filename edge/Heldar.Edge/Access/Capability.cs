using System.Collections.Frozen;

namespace Heldar.Edge.Access;

/// <summary>What a caller may do. A route needs one; a role or a key brings a set.</summary>
[Flags]
internal enum Capability
{
    /// <summary>Only to have shown who one is.</summary>
    None = 0,

    /// <summary>Cameras, their settings without secrets, and their state.</summary>
    CameraRead = 1 << 0,

    VideoLive = 1 << 1,

    /// <summary>Recorded footage, its timeline and its gaps.</summary>
    VideoPlayback = 1 << 2,

    VideoExport = 1 << 3,

    EventsRead = 1 << 4,

    IdentityRead = 1 << 5,

    AiTasks = 1 << 6,

    AiFrames = 1 << 7,

    AiIngest = 1 << 8,

    AiEmbedWork = 1 << 9,

    SystemRead = 1 << 10,

    NetScan = 1 << 11,

    ModuleProxy = 1 << 12,

    GateOperate = 1 << 13,

    /// <summary>Change cameras, schedules, zones and the like.</summary>
    RegistryManage = 1 << 14,

    /// <summary>Place evidence holds.</summary>
    EvidenceHold = 1 << 15,

    /// <summary>End evidence holds, those of equal or lower roles.</summary>
    EvidenceRelease = 1 << 16,

    /// <summary>Limits and settings of the box itself, what removes footage included.</summary>
    SystemManage = 1 << 17,

    AuditRead = 1 << 18,

    /// <summary>Accounts and keys: whoever has it can give himself everything.</summary>
    AccessManage = 1 << 19,
}

/// <summary>The words of capabilities in the API and in key files. Stable.</summary>
internal static class CapabilityNames
{
    private static readonly FrozenDictionary<Capability, string> Words = new Dictionary<Capability, string>
    {
        [Capability.CameraRead] = "camera:read",
        [Capability.VideoLive] = "video:live",
        [Capability.VideoPlayback] = "video:playback",
        [Capability.VideoExport] = "video:export",
        [Capability.EventsRead] = "events:read",
        [Capability.IdentityRead] = "identity:read",
        [Capability.AiTasks] = "ai:tasks",
        [Capability.AiFrames] = "ai:frames",
        [Capability.AiIngest] = "ai:ingest",
        [Capability.AiEmbedWork] = "ai:embedwork",
        [Capability.SystemRead] = "system:read",
        [Capability.NetScan] = "net:scan",
        [Capability.ModuleProxy] = "module:proxy",
        [Capability.GateOperate] = "gate:operate",
        [Capability.RegistryManage] = "registry:manage",
        [Capability.EvidenceHold] = "evidence:hold",
        [Capability.EvidenceRelease] = "evidence:release",
        [Capability.SystemManage] = "system:manage",
        [Capability.AuditRead] = "audit:read",
        [Capability.AccessManage] = "access:manage",
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, Capability> ByWord = Words.ToFrozenDictionary(p => p.Value, p => p.Key, StringComparer.Ordinal);

    /// <summary>All of them.</summary>
    public static Capability All { get; } = Words.Keys.Aggregate(Capability.None, (all, one) => all | one);

    /// <summary>The word of one capability.</summary>
    public static string WordOf(Capability one) => Words[one];

    /// <summary>The words of a set, in order.</summary>
    public static IReadOnlyList<string> Split(Capability set) => [.. Words.Where(p => set.HasFlag(p.Key)).Select(p => p.Value).Order(StringComparer.Ordinal)];

    /// <summary>The set of some words; null when one of them is unknown.</summary>
    public static Capability? Join(IEnumerable<string?> words)
    {
        var set = Capability.None;
        foreach (var word in words)
        {
            if (word is null || !ByWord.TryGetValue(word, out var one)) return null;
            set |= one;
        }

        return set;
    }
}

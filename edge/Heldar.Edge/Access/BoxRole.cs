namespace Heldar.Edge.Access;

/// <summary>A named set of capabilities. The number is a rank, kept with evidence holds: a lower rank cannot end the hold of a higher one.</summary>
internal enum BoxRole
{
    /// <summary>A machine: looks, and hands in what it found in pictures.</summary>
    Integration = 0,

    /// <summary>Looks at cameras, footage and state.</summary>
    Viewer = 1,

    /// <summary>Also opens gates.</summary>
    Guard = 2,

    /// <summary>Also changes cameras, places evidence holds, and ends those of its own rank or a lower one.</summary>
    Manager = 3,

    /// <summary>Everything, on all cameras.</summary>
    Admin = 10,
}

/// <summary>What the roles bring.</summary>
internal static class BoxRoles
{
    private const Capability View = Capability.CameraRead | Capability.VideoLive | Capability.VideoPlayback | Capability.VideoExport | Capability.EventsRead
        | Capability.IdentityRead | Capability.AiTasks | Capability.AiFrames | Capability.SystemRead | Capability.NetScan | Capability.ModuleProxy;

    public static Capability Capabilities(this BoxRole role) => role switch
    {
        BoxRole.Integration => View | Capability.AiIngest | Capability.AiEmbedWork,
        BoxRole.Viewer => View,
        BoxRole.Guard => View | Capability.GateOperate,
        BoxRole.Manager => View | Capability.GateOperate | Capability.RegistryManage | Capability.EvidenceHold | Capability.EvidenceRelease,
        BoxRole.Admin => CapabilityNames.All,
        _ => Capability.None,
    };
}

namespace Heldar.Edge.Store;

/// <summary>A database beside this program.</summary>
internal enum SchemaState
{
    /// <summary>There is no database yet.</summary>
    None,

    /// <summary>It has exactly this program's steps.</summary>
    Same,

    /// <summary>This program would add steps.</summary>
    Older,

    /// <summary>It has steps that this program does not know.</summary>
    Newer,
}

namespace Heldar.Edge.Store;

/// <summary>One step of the schema. Rooms register their own; each is applied once, in the order of names, and never changed afterwards.</summary>
/// <param name="Name">Unique, such as <c>0003_camera</c>.</param>
/// <param name="Sql">One or more statements.</param>
internal sealed record StoreMigration(string Name, string Sql);

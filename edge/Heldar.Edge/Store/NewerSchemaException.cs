namespace Heldar.Edge.Store;

/// <summary>The database has steps that this program does not know: it was written by a newer one. Nothing was changed.</summary>
internal sealed class NewerSchemaException(string file, IEnumerable<string> unknown) : InvalidOperationException(
    $"{file} was written by another version of this program: it has {string.Join(", ", unknown)}. Run that version again, or go back with heldar-edge-upgrade rollback, which brings back the database of the version before");

using System.CommandLine;
using Heldar.Edge;
using Heldar.Edge.Backup;
using Heldar.Edge.Secrets;
using Heldar.Edge.Settings;
using Heldar.Edge.Store;

NativeHeap.Bound();
var parsed = BoxCommands.Create().Parse(args);
if (parsed.Errors.Count > 0)
{
    foreach (var error in parsed.Errors) await Console.Error.WriteLineAsync(error.Message);
    await Console.Error.WriteLineAsync("See heldar-edge --help");
    return 2;
}

try
{
    // Signals are the running box's own matter: it stops in order.
    return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
}
catch (Exception e) when (e is SettingsException or SecretsException or DataFolderInUseException or IOException or InvalidDataException or UnauthorizedAccessException or NewerSchemaException or BackupException or SqliteException)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 1;
}

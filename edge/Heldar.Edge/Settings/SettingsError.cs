namespace Heldar.Edge.Settings;

/// <summary>One mistake in <c>heldar.yaml</c>.</summary>
/// <param name="Line">Line in the file, from 1.</param>
/// <param name="Setting">Path of the setting, for example <c>cameras[2].url</c>.</param>
/// <param name="Message">What is wrong and what would be right. Never holds a secret.</param>
internal sealed record SettingsError(int Line, string Setting, string Message);

/// <summary>All mistakes of one file, reported at once.</summary>
internal sealed class SettingsException(string file, IReadOnlyList<SettingsError> errors) : Exception(Describe(file, errors))
{
    public IReadOnlyList<SettingsError> Errors { get; } = errors;

    private static string Describe(string file, IReadOnlyList<SettingsError> errors)
    {
        var lines = errors.OrderBy(e => e.Line).Select(e => $"{Path.GetFileName(file)}:{e.Line}: {e.Setting}: {e.Message}");
        return $"{file} has {errors.Count} mistake{(errors.Count == 1 ? "" : "s")}:{Environment.NewLine}{string.Join(Environment.NewLine, lines)}";
    }
}

using System.Text;
using YamlDotNet.RepresentationModel;

namespace Heldar.Edge.Settings;

/// <summary>What all sections of one file share: the mistakes so far, the environment and the folder that relative paths start at.</summary>
internal sealed class SettingsScope(string folder, Func<string, string?> environment)
{
    public List<SettingsError> Errors { get; } = [];

    /// <summary>Absolute paths of the secret files that were named.</summary>
    public List<string> SecretFiles { get; } = [];

    public static int LineOf(YamlNode node) => (int)Math.Max(1, node.Start.Line);

    public void Add(YamlNode at, string setting, string message) => Errors.Add(new SettingsError(LineOf(at), setting, message));

    /// <summary>An absolute path; relative ones start at the settings file's folder.</summary>
    public string FullPath(string path) => Path.GetFullPath(path, folder);

    /// <summary>Replaces <c>${NAME}</c> by the environment's value; <c>$${</c> stands for <c>${</c> itself. The result is not expanded again.</summary>
    public string Expand(string text, out string? missing)
    {
        missing = null;
        if (!text.Contains("${", StringComparison.Ordinal)) return text;
        var result = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text.AsSpan(i).StartsWith("$${", StringComparison.Ordinal))
            {
                result.Append("${");
                i += 2;
                continue;
            }

            var end = text.AsSpan(i).StartsWith("${", StringComparison.Ordinal) ? text.IndexOf('}', i) : -1;
            if (end < 0)
            {
                result.Append(text[i]);
                continue;
            }

            var name = text[(i + 2)..end];
            if (environment(name) is not { } value)
            {
                missing = name;
                return "";
            }

            result.Append(value);
            i = end;
        }

        return result.ToString();
    }
}

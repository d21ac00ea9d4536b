using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Heldar.Contracts.Metrics;

/// <summary>Names, labels and help of the Prometheus text format 0.0.4, https://prometheus.io/docs/instrumenting/exposition_formats/.</summary>
internal static class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary><c>heldar.store.commit</c> in <c>s</c> is <c>heldar_store_commit_seconds</c>; a counter ends with <c>_total</c>.</summary>
    public static string NameOf(Instrument instrument, bool counter)
    {
        var name = Word(instrument.Name);
        var unit = instrument.Unit switch
        {
            "s" => "_seconds",
            "By" => "_bytes",
            _ => "",
        };
        if (!name.EndsWith(unit, StringComparison.Ordinal)) name += unit;
        return counter && !name.EndsWith("_total", StringComparison.Ordinal) ? name + "_total" : name;
    }

    public static string Labels(string[] names, object?[] values) => string.Join(
        ',', names.Zip(values).Where(l => l.Second is not null).Select(l => $"{Word(l.First)}=\"{Value(Convert.ToString(l.Second, CultureInfo.InvariantCulture) ?? "")}\""));

    public static string Help(string text) => text.Replace("\\", @"\\", StringComparison.Ordinal).Replace("\n", @"\n", StringComparison.Ordinal);

    private static string Value(string text) => Help(text).Replace("\"", "\\\"", StringComparison.Ordinal);

    private static string Word(string name)
    {
        var word = new StringBuilder(name.Length);
        foreach (var c in name) word.Append(char.IsAsciiLetterOrDigit(c) ? c : '_');
        if (word.Length == 0 || char.IsAsciiDigit(word[0])) word.Insert(0, '_');
        return word.ToString();
    }
}

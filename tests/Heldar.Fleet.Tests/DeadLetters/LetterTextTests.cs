using System.Text;
using System.Text.Json;
using Heldar.Fleet.DeadLetters;

namespace Heldar.Fleet.Tests.DeadLetters;

/// <summary>Whatever somebody sent is shown as text that hides nothing.</summary>
public sealed class LetterTextTests
{
    [Theory]
    [InlineData("a\u202eb", "a\\u202eb")]
    [InlineData("a\u001b[2Jb\0", "a\\u001b[2Jb\\u0000")]
    [InlineData("Süd 東京 🎥\n", "Süd 東京 🎥\n")]
    public void Visible_EscapesWhatDoesNotShow(string text, string shown) => Assert.Equal(shown, LetterText.Visible(text));

    [Fact]
    public void Visible_EscapesHalfCharacters() => Assert.Equal("a\\ud800b", LetterText.Visible("a\ud800b"));

    [Fact]
    public void Decode_KeepsTheMeaningOfJson()
    {
        var (form, text) = LetterText.Decode("""{"a":"x\u202ey","b":[1.10]}"""u8.ToArray(), isEvent: true);

        Assert.Equal("event", form);
        Assert.DoesNotContain('\u202e', text);
        using var read = JsonDocument.Parse(text);
        Assert.Equal(("x\u202ey", "1.10"), (read.RootElement.GetProperty("a").GetString(), read.RootElement.GetProperty("b")[0].GetRawText()));
    }

    [Theory]
    [InlineData("<script>alert(1)</script>", "text")]
    [InlineData("{\"a\":\"\\ud800\"}", "text")]
    public void Decode_TakesAnyText(string body, string form) => Assert.Equal(form, LetterText.Decode(Encoding.UTF8.GetBytes(body), isEvent: false).Form);

    [Fact]
    public void Decode_ShowsBytesAsHex_AndNotAllOfThem()
    {
        var (form, text) = LetterText.Decode([.. Enumerable.Repeat((byte)0xff, 5000)], isEvent: false);

        Assert.Equal("binary", form);
        Assert.Equal(4097, text.Length);
    }

    [Theory]
    [InlineData("""{"a":1,"b":{"c":[1,2]}}""", """{ "b": {"c":[1,2]}, "a": 1 }""", "")]
    [InlineData("""{"a":1}""", """{"a":2,"b":"x"}""", "a: 1 → 2; b:  → \"x\"")]
    [InlineData("""{"a":[1,{"b":2}],"c":0}""", """{"a":[1,{"b":3},4]}""", "a[1].b: 2 → 3; a[2]:  → 4; c: 0 → ")]
    [InlineData("not json", "{}", ": not json → {}")]
    public void Diff_NamesEachChangeByItsPath(string before, string after, string expected) => Assert.Equal(
        expected, string.Join("; ", JsonDiff.Compare(Encoding.UTF8.GetBytes(before), Encoding.UTF8.GetBytes(after)).Select(c => $"{c.Path}: {c.Before} → {c.After}")));

    [Fact]
    public void Diff_IsBounded()
    {
        var before = "[" + string.Join(',', Enumerable.Repeat(1, 1000)) + "]";

        Assert.Equal(JsonDiff.Most, JsonDiff.Compare(Encoding.UTF8.GetBytes(before), Encoding.UTF8.GetBytes(before.Replace('1', '2'))).Count);
    }
}

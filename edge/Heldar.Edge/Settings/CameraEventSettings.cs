using System.Collections.Immutable;
using System.Text.Json;
using Heldar.Contracts;
using Heldar.Contracts.Events;
using Heldar.Edge.Secrets;

namespace Heldar.Edge.Settings;

/// <summary>Which of a camera's own ONVIF events trigger its recording (section <c>events</c> of a camera). Immutable.</summary>
internal sealed record CameraEventSettings
{
    public const int MaxTopics = 32;
    public const int MaxTopicLength = 200;
    public const int MaxZones = 64;
    public const int MaxZoneLength = 64;

    /// <summary>
    /// Motion, and the camera's own zones and lines. Digital inputs are none of them: one that is normally closed would be on for ever. Whoever has wired one names it.
    /// </summary>
    public static ImmutableArray<string> DefaultTopics { get; } =
    [
        "tns1:RuleEngine/CellMotionDetector/Motion", "tns1:RuleEngine/MotionRegionDetector/Motion", "tns1:VideoSource/MotionAlarm",
        "tns1:RuleEngine/FieldDetector/ObjectsInside", "tns1:RuleEngine/LineDetector/Crossed",
    ];

    /// <summary>http or https address of the device service, without credentials; null for <c>/onvif/device_service</c> of the camera's host at the scheme's usual port.</summary>
    public string? Address { get; init; }

    /// <summary>Topics that trigger, such as <c>tns1:VideoSource/MotionAlarm</c>; one that ends in <c>//.</c> means all below it. Default: <see cref="DefaultTopics"/>.</summary>
    public ImmutableArray<string> Topics { get; init; } = DefaultTopics;

    /// <summary>Names of the camera's rules that trigger, where an event comes from a rule of a zone or line; empty for all.</summary>
    public ImmutableArray<string> Zones { get; init; } = [];

    /// <summary>User name for ONVIF, where it is not the camera's: many makers keep those accounts apart.</summary>
    public string? Username { get; init; }

    /// <summary>Its password.</summary>
    public Secret? Password { get; init; }

    /// <summary>What is wrong with an address; the mistake never repeats it, since it may hold a password.</summary>
    public static string? AddressMistake(string address) =>
        address.Length <= CameraUrl.MaxLength && Uri.TryCreate(address, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.Host.Length > 0 && url.UserInfo.Length == 0 && url.Fragment.Length == 0
            && !address.Any(c => char.IsWhiteSpace(c) || char.IsControl(c))
            ? null
            : "must look like http://host/onvif/device_service, without credentials";

    /// <summary>What is wrong with a topic.</summary>
    public static string? TopicMistake(string topic)
    {
        var path = topic.EndsWith("//.", StringComparison.Ordinal) ? topic[..^3] : topic;
        var names = path.Split('/');
        return topic.Length <= MaxTopicLength && names[0].Contains(':', StringComparison.Ordinal) && names.All(IsName)
            ? null
            : "must look like tns1:RuleEngine/CellMotionDetector/Motion, or tns1:RuleEngine//. for all below";
    }

    /// <summary>What is wrong with the name of a rule.</summary>
    public static string? ZoneMistake(string zone) => EventRules.IsText(zone, MaxZoneLength) ? null : $"must be 1 to {MaxZoneLength} printable characters";

    /// <summary>All of it as one text, secrets included, to be sealed.</summary>
    public Secret ToText() => new(JsonSerializer.Serialize(new Form(Address, [.. Topics], [.. Zones], Username, Password?.Reveal()), HeldarJson.Options));

    /// <exception cref="InvalidDataException">It is no such text.</exception>
    public static CameraEventSettings Parse(Secret text)
    {
        try
        {
            var form = JsonSerializer.Deserialize<Form>(text.Reveal(), HeldarJson.Options) ?? throw new InvalidDataException("the camera's event settings are empty");
            return new CameraEventSettings
            {
                Address = form.Address,
                Topics = [.. form.Topics ?? []],
                Zones = [.. form.Zones ?? []],
                Username = form.Username,
                Password = form.Password is null ? null : new Secret(form.Password),
            };
        }
        catch (JsonException e)
        {
            throw new InvalidDataException("the camera's event settings cannot be read", e);
        }
    }

    private static bool IsName(string name)
    {
        var parts = name.Split(':');
        return parts.Length <= 2 && parts.All(p => p.Length > 0 && p.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.'));
    }

    private sealed record Form(string? Address = null, IReadOnlyList<string>? Topics = null, IReadOnlyList<string>? Zones = null, string? Username = null, string? Password = null);
}

using System.Text;
using Heldar.Edge.CameraEvents;
using Heldar.Edge.Settings;
using NodaTime;

namespace Heldar.Edge.Tests.CameraEvents;

public sealed class NotificationReaderTests
{
    private const string Names = "xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" xmlns:tev=\"http://www.onvif.org/ver10/events/wsdl\" xmlns:wsnt=\"http://docs.oasis-open.org/wsn/b-2\" xmlns:tt=\"http://www.onvif.org/ver10/schema\"";
    private static readonly Instant Now = Instant.FromUtc(2026, 11, 21, 8, 0);

    /// <summary>As ONVIF Core 9 shows it: motion that is there when the box subscribes, that begins, an object in a field, a line, a topic that goes.</summary>
    private const string Golden = """
        <wsnt:NotificationMessage><wsnt:SubscriptionReference><a:Address xmlns:a="http://www.w3.org/2005/08/addressing">http://160.10.64.10/Subscription?Idx=0</a:Address></wsnt:SubscriptionReference>
          <wsnt:Topic Dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet" xmlns:tns1="http://www.onvif.org/ver10/topics">tns1:RuleEngine/CellMotionDetector/Motion</wsnt:Topic>
          <wsnt:Message><tt:Message UtcTime="2026-11-21T07:59:58.250Z" PropertyOperation="Changed">
            <tt:Source><tt:SimpleItem Name="VideoSourceConfigurationToken" Value="V1"/><tt:SimpleItem Name="Rule" Value="MyMotion"/></tt:Source><tt:Data><tt:SimpleItem Name="IsMotion" Value="true"/></tt:Data></tt:Message></wsnt:Message></wsnt:NotificationMessage>
        <wsnt:NotificationMessage>
          <wsnt:Topic xmlns:on="http://www.onvif.org/ver10/topics">on:RuleEngine/FieldDetector/ObjectsInside</wsnt:Topic>
          <wsnt:Message><tt:Message UtcTime="2026-11-21T08:59:59+01:00" PropertyOperation="Initialized">
            <tt:Source><tt:SimpleItem Name="Rule" Value="Driveway"/></tt:Source><tt:Key><tt:SimpleItem Name="ObjectId" Value="17"/></tt:Key><tt:Data><tt:SimpleItem Name="IsInside" Value="1"/></tt:Data></tt:Message></wsnt:Message></wsnt:NotificationMessage>
        <wsnt:NotificationMessage><wsnt:Topic xmlns:tns1="http://www.onvif.org/ver10/topics">
            tns1:RuleEngine/LineDetector/Crossed
          </wsnt:Topic><wsnt:Message><tt:Message UtcTime="2026-11-21T07:00:00"><tt:Source><tt:SimpleItem Name="Rule" Value="Line 1"/></tt:Source><tt:Data><tt:SimpleItem Name="ObjectId" Value="1"/></tt:Data></tt:Message></wsnt:Message></wsnt:NotificationMessage>
        <wsnt:NotificationMessage><wsnt:Topic xmlns:tnsaxis="http://www.axis.com/2009/event/topics" xmlns:tns1="http://www.onvif.org/ver10/topics">tnsaxis:CameraApplicationPlatform/VMD/Camera1Profile1</wsnt:Topic>
          <wsnt:Message><tt:Message PropertyOperation="Deleted"><tt:Data><tt:SimpleItem Name="active" Value="1"/></tt:Data></tt:Message></wsnt:Message></wsnt:NotificationMessage>
        """;

    [Fact]
    public void Read_ReadsWhatTheStandardShows()
    {
        var pulled = Read(Golden);
        Assert.Equal(0, pulled.Unreadable);
        Assert.Collection(
            pulled.Events,
            e => Assert.Equal(
                ("tns1:RuleEngine/CellMotionDetector/Motion", PropertyOperation.Changed, Duration.FromMilliseconds(1750), "MyMotion", true, "camera:RuleEngine/CellMotionDetector/Motion"),
                (e.Topic, e.Operation, e.Age, e.Rule, e.State, EventFilter.Source(e))),
            e => Assert.Equal(("tns1:RuleEngine/FieldDetector/ObjectsInside", PropertyOperation.Initialized, Duration.FromSeconds(1), true, "zone:Driveway"), (e.Topic, e.Operation, e.Age, e.State, EventFilter.Source(e))),
            e => Assert.Equal(("tns1:RuleEngine/LineDetector/Crossed", PropertyOperation.None, Duration.FromHours(1), (bool?)null, "zone:Line 1"), (e.Topic, e.Operation, e.Age, e.State, EventFilter.Source(e))),
            e => Assert.Equal(("tnsaxis:CameraApplicationPlatform/VMD/Camera1Profile1", PropertyOperation.Deleted, Duration.Zero, false, "camera:CameraApplicationPlatform/VMD/Camera1Profile1"), (e.Topic, e.Operation, e.Age, e.State, EventFilter.Source(e))));
        Assert.Equal("tns1:RuleEngine/FieldDetector/ObjectsInside\nObjectId=17\nRule=Driveway", pulled.Events[1].Property);
    }

    /// <summary>A message that is no message costs itself only.</summary>
    [Theory]
    [InlineData("<wsnt:NotificationMessage/>")]
    [InlineData("<wsnt:NotificationMessage><wsnt:Topic>tns1:A/B</wsnt:Topic></wsnt:NotificationMessage>")]
    [InlineData("<wsnt:NotificationMessage><wsnt:Topic>tns1:A/B</wsnt:Topic><wsnt:Message/></wsnt:NotificationMessage>")]
    [InlineData("<wsnt:NotificationMessage><wsnt:Topic></wsnt:Topic><wsnt:Message><tt:Message/></wsnt:Message></wsnt:NotificationMessage>")]
    [InlineData("<wsnt:NotificationMessage><wsnt:Topic>tns1:A B</wsnt:Topic><wsnt:Message><tt:Message/></wsnt:Message></wsnt:NotificationMessage>")]
    [InlineData("<wsnt:NotificationMessage><wsnt:Topic>tns1:A</wsnt:Topic><wsnt:Message><tt:Message PropertyOperation=\"Exploded\"/></wsnt:Message></wsnt:NotificationMessage>")]
    [InlineData("<wsnt:NotificationMessage><wsnt:Topic>tns1:A</wsnt:Topic><wsnt:Message><tt:Message><tt:Data><tt:SimpleItem Name=\"x\"/></tt:Data></tt:Message></wsnt:Message></wsnt:NotificationMessage>")]
    [InlineData("<wsnt:NotificationMessage><wsnt:Topic>tns1:A</wsnt:Topic><wsnt:Message><Message xmlns=\"urn:other\"/></wsnt:Message></wsnt:NotificationMessage>")]
    public void Unreadable_IsCounted_AndCostsNoOther(string message)
    {
        var pulled = Read(message + Golden);
        Assert.Equal((1, 4), (pulled.Unreadable, pulled.Events.Count));
    }

    [Fact]
    public void Topic_OfEndlessLength_OrItemsWithoutEnd_AreNotRead()
    {
        static string Message(string topic, string data) => $"<wsnt:NotificationMessage><wsnt:Topic>{topic}</wsnt:Topic><wsnt:Message><tt:Message><tt:Data>{data}</tt:Data></tt:Message></wsnt:Message></wsnt:NotificationMessage>";
        Assert.Equal(1, Read(Message(new string('x', 201), "")).Unreadable);
        Assert.Equal(1, Read(Message("tns1:A", $"<tt:SimpleItem Name=\"a\" Value=\"{new string('x', 201)}\"/>")).Unreadable);
        Assert.Equal(1, Read(Message("tns1:A", string.Concat(Enumerable.Repeat("<tt:SimpleItem Name=\"a\" Value=\"1\"/>", 33)))).Unreadable);
        Assert.Equal(1024, Read(string.Concat(Enumerable.Repeat(Message("tns1:A", ""), 1100))).Events.Count);
    }

    [Theory]
    [InlineData("2026-11-21T08:00:05Z", 0)] // from the future
    [InlineData("1970-01-01T00:00:00Z", 0)] // no clock
    [InlineData("2026-11-21T07:59:20Z", 40)]
    [InlineData("yesterday", 0)]
    [InlineData("", 0)]
    public void Age_IsByTheCamerasOwnClock(string time, int seconds) => Assert.Equal(
        Duration.FromSeconds(seconds),
        Read($"<wsnt:NotificationMessage><wsnt:Topic>tns1:A</wsnt:Topic><wsnt:Message><tt:Message UtcTime=\"{time}\"/></wsnt:Message></wsnt:NotificationMessage>").Events.Single().Age);

    [Fact]
    public void AnotherAnswer_IsRefused() => Assert.Equal(
        OnvifFailure.Malformed, Assert.Throws<OnvifException>(() => NotificationReader.Read(SoapEnvelope.Read(Encoding.UTF8.GetBytes($"<s:Envelope {Names}><s:Body><tev:RenewResponse/></s:Body></s:Envelope>")), Now)).Failure);

    [Theory]
    [InlineData("State", "1", true)]
    [InlineData("LogicalState", "false", false)]
    [InlineData("IsTamper", "TRUE", true)]
    [InlineData("IsNew", "true", true)] // unknown name, unmistakable value
    [InlineData("Count", "1", null)] // a number is no state
    [InlineData("State", "maybe", null)]
    public void State_IsWhatTheDataSays(string name, string value, bool? state) =>
        Assert.Equal(state, new CameraEvent("tns1:A", PropertyOperation.Changed, Duration.Zero, [], [new EventItem("Token", "7"), new EventItem(name, value)]).State);

    [Theory]
    [InlineData("tns1:RuleEngine/FieldDetector/ObjectsInside", "Driveway", true)]
    [InlineData("tns1:RuleEngine/FieldDetector/ObjectsInside", "Street", false)] // not one of the zones
    [InlineData("tns1:RuleEngine/FieldDetector", "Driveway", true)]
    [InlineData("tns1:RuleEngineX/Motion", "Driveway", false)]
    [InlineData("tns1:VideoSource/MotionAlarm", "", true)]
    [InlineData("tns1:VideoSource/MotionAlarm/More", "", false)]
    public void Filter_TakesTopicsAndZones(string topic, string rule, bool taken)
    {
        var filter = new EventFilter(new CameraEventSettings { Topics = ["tns1:RuleEngine//.", "tns1:VideoSource/MotionAlarm"], Zones = ["Driveway"] });
        Assert.Equal(taken, filter.Takes(new CameraEvent(topic, PropertyOperation.None, Duration.Zero, [new EventItem("Rule", rule)], [])));
    }

    [Fact]
    public void NameOfARule_ThatACameraMadeUp_StaysAText() =>
        Assert.Equal("zone:a b", EventFilter.Source(new CameraEvent("tns1:RuleEngine/LineDetector/Crossed", PropertyOperation.None, Duration.Zero, [new EventItem("Rule", "a\nb")], [])));

    [Fact]
    public void Active_IsBounded_AndMoreStillTriggers()
    {
        var active = new ActiveEvents();
        CameraEvent Of(int i, string state) => new("tns1:A", PropertyOperation.Changed, Duration.Zero, [new EventItem("Token", $"{i}")], [new EventItem("State", state)]);
        for (var i = 0; i < ActiveEvents.Most + 10; i++) Assert.Equal(EventMeaning.Happened, active.Take(Of(i, "true"), "x"));
        for (var i = 0; i < ActiveEvents.Most; i++) Assert.Equal(EventMeaning.Happened, active.Take(Of(i, "false"), "x"));
        Assert.Null(active.Current);
        Assert.Equal(EventMeaning.Nothing, active.Take(Of(ActiveEvents.Most, "false"), "x"));
    }

    /// <summary>Nothing would ever say that it ended.</summary>
    [Fact]
    public void Moment_ThatIsToldAsTrue_Happened_AndDoesNotGoOn()
    {
        var active = new ActiveEvents();
        CameraEvent Of(PropertyOperation operation) => new("tns1:RuleEngine/LineDetector/Crossed", operation, Duration.Zero, [new EventItem("Rule", "Line")], [new EventItem("State", "true")]);
        Assert.Equal(EventMeaning.Happened, active.Take(Of(PropertyOperation.None), "zone:Line"));
        Assert.Null(active.Current);
        Assert.Equal(EventMeaning.Happened, active.Take(Of(PropertyOperation.Changed), "zone:Line"));
        Assert.Equal("zone:Line", active.Current);
    }

    private static Pulled Read(string messages) => NotificationReader.Read(
        SoapEnvelope.Read(Encoding.UTF8.GetBytes($"<s:Envelope {Names}><s:Body><tev:PullMessagesResponse><tev:CurrentTime>2026-11-21T08:00:00Z</tev:CurrentTime><tev:TerminationTime>2026-11-21T08:02:00Z</tev:TerminationTime>{messages}</tev:PullMessagesResponse></s:Body></s:Envelope>")), Now);
}

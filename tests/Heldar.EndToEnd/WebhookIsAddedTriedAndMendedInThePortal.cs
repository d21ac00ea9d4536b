using Heldar.Testing;
using Microsoft.Playwright;

namespace Heldar.EndToEnd;

/// <summary>
/// A person adds a webhook in Chromium, keeps its secret, sends a test, sees it fail and be disabled, and enables it again. Judged by what a real receiver got, whose signatures are
/// checked with the secret that the page showed.
/// </summary>
[Collection(typeof(SharedPortal))]
public sealed class WebhookIsAddedTriedAndMendedInThePortal(PortalFixture portal)
{
    // The timer that begins tests runs each 15 s.
    private const int Patience = 45_000;

    [Fact]
    public async Task Webhook_IsAddedTriedDisabledAndEnabled()
    {
        var status = 204;
        await using var receiver = await WebhookReceiver.StartAsync((context, _) => WebhookReceiver.Status(context, status));
        var page = await portal.OpenAsync();
        page.SetDefaultTimeout(Patience);
        await page.GetByRole(AriaRole.Link, new() { Name = "Webhooks" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Add a webhook" }).ClickAsync();
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("Alarm desk");
        await page.GetByLabel("Address", new() { Exact = true }).FillAsync(receiver.Url.ToString());
        await page.GetByLabel("Zone crossed or entered").CheckAsync();
        await page.GetByLabel("Labels").FillAsync("person, truck");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add webhook", Exact = true }).ClickAsync();
        var secret = await page.GetByTestId("webhook-secret").InnerTextAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "I have kept it" }).ClickAsync();
        var card = page.GetByTestId("webhook-Alarm desk");
        await card.GetByText("Zone crossed or entered · showing person, truck").WaitForAsync();

        await card.GetByRole(AriaRole.Button, new() { Name = "Send a test" }).ClickAsync();
        await card.GetByTestId("delivery-delivered").WaitForAsync();

        Assert.Equal(1, Assert.Single(receiver.Requests).SignedBy(secret));
        Assert.Equal(0, await page.GetByText(secret).CountAsync());

        status = 410;
        await card.GetByRole(AriaRole.Button, new() { Name = "Send a test" }).ClickAsync();
        await card.GetByText("Disabled", new() { Exact = true }).WaitForAsync();
        await card.GetByText("it answered 410 Gone").WaitForAsync();
        status = 204;
        await card.GetByRole(AriaRole.Button, new() { Name = "Enable", Exact = true }).ClickAsync();
        await card.GetByText("Working", new() { Exact = true }).WaitForAsync();
        await card.GetByRole(AriaRole.Button, new() { Name = "Send a test" }).ClickAsync();
        await Assertions.Expect(card.GetByTestId("delivery-delivered")).ToHaveCountAsync(2, new() { Timeout = Patience });

        Assert.Equal(3, receiver.Requests.Count);
        await page.CloseAsync();
    }
}

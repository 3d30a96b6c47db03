"""A bot of unmodified discord.py, its music by unmodified lavalink.py, at an address of its own.

The first line on stdin says where and as whom, in JSON; each further line is something to do. Each line on stdout is
something that happened. It ends with its stdin.
"""

import asyncio
import json
import sys
import threading
import traceback

import discord
import lavalink
import yarl
from discord import app_commands


def tell(what, **more):
    print(json.dumps({"what": what, **more}), flush=True)


class Voice(discord.VoiceProtocol):
    """Hands Discord's voice credentials to lavalink.py, as its documentation shows."""

    async def on_voice_state_update(self, data):
        tell("voice state", channel=data["channel_id"], suppress=data["suppress"])
        await self.client.lavalink.voice_update_handler({"t": "VOICE_STATE_UPDATE", "d": data})
        if data["channel_id"] is None:
            self.cleanup()

    async def on_voice_server_update(self, data):
        tell("voice server", endpoint=data["endpoint"])
        await self.client.lavalink.voice_update_handler({"t": "VOICE_SERVER_UPDATE", "d": data})

    async def connect(self, *, timeout, reconnect, self_deaf=False, self_mute=False):
        self.client.lavalink.player_manager.create(guild_id=self.channel.guild.id)
        await self.channel.guild.change_voice_state(
            channel=self.channel, self_deaf=self_deaf, self_mute=self_mute
        )

    async def disconnect(self, *, force=False):
        await self.channel.guild.change_voice_state(channel=None)


class Buttons(discord.ui.View):
    @discord.ui.button(label="Skip", custom_id="skip")
    async def skip(self, interaction, button):
        await interaction.response.edit_message(content="Skipped", view=None)


# AutoShardedClient gets the gateway's URL from GET /gateway/bot; a plain Client has it built in.
class Bot(discord.AutoShardedClient):
    def __init__(self, settings):
        super().__init__(intents=discord.Intents(guilds=True, voice_states=True))
        self.settings = settings
        self.tree = app_commands.CommandTree(self)
        self.lavalink = None
        self.lavalink_session = None
        add_commands(self.tree)

    async def setup_hook(self):
        registered = await self.tree.sync()
        tell("registered", commands=[command.name for command in registered])

    async def on_ready(self):
        tell("ready", user=str(self.user.id), guilds=[guild.name for guild in self.guilds])

    async def on_shard_resumed(self, shard_id):
        tell("resumed")

    async def on_guild_channel_create(self, channel):
        tell("channel", name=channel.name)

    async def on_error(self, event, *args, **kwargs):
        tell("error", event=event, trace=traceback.format_exc())

    def player(self):
        return self.lavalink.player_manager.get(int(self.settings["guild"]))


def add_commands(tree):
    @tree.command(description="Says it again")
    async def echo(interaction: discord.Interaction, text: str, times: app_commands.Range[int, 1, 5] = 1):
        # Sent with `with_response=1`, from which discord.py takes the created message.
        answer = await interaction.response.send_message(" ".join([text] * times))
        tell("echoed", message=str(answer.message_id), type=answer.type.name)

    @tree.command(description="Answers late")
    async def late(interaction: discord.Interaction):
        await interaction.response.defer(thinking=True, ephemeral=True)
        message = await interaction.followup.send("At last", wait=True)
        await message.edit(content="At last!", embed=discord.Embed(title="Done", url="https://example.com/"))
        tell("late", content=(await interaction.original_response()).content)

    @tree.command(description="Shows a button")
    async def menu(interaction: discord.Interaction):
        await interaction.response.send_message("Choose", view=Buttons(timeout=None))
        tell("menu")

    @tree.error
    async def failed(interaction, error):
        tell("error", event=str(interaction.command), trace="".join(traceback.format_exception(error)))


def connect_lavalink(bot):
    """Takes its last session up, if it had one: lavalink.py names a session only to a node that it is new to."""
    node = bot.settings["lavalink"]
    bot.lavalink = lavalink.Client(bot.user.id)
    bot.lavalink.add_event_hook(told)
    bot.lavalink.add_event_hook(heard, event=lavalink.IncomingWebSocketMessage)
    bot.lavalink.add_node(
        node["host"], node["port"], node["password"], "eu", "sandbox", session_id=bot.lavalink_session
    )


async def heard(event):
    tell("heard", op=event.data["op"], type=event.data.get("type"), code=event.data.get("code"))


async def told(event):
    """Every event of lavalink.py, as it names them."""
    more = {}
    if isinstance(event, lavalink.IncomingWebSocketMessage):
        return
    if isinstance(event, lavalink.NodeReadyEvent):
        more = {"resumed": event.resumed, "session": event.session_id}
        await event.node.update_session(resuming=True, timeout=60)
    elif isinstance(event, (lavalink.TrackStartEvent, lavalink.TrackEndEvent, lavalink.TrackStuckEvent)):
        more = {"title": event.track.title if event.track else None}
        if isinstance(event, lavalink.TrackEndEvent):
            more["reason"] = event.reason.value
    elif isinstance(event, lavalink.PlayerUpdateEvent):
        more = {"position": event.position, "connected": event.connected}
    tell(type(event).__name__, **more)


async def do(bot, asked):
    guild = bot.get_guild(int(bot.settings["guild"]))
    match asked["do"]:
        case "lavalink":
            connect_lavalink(bot)
        case "no lavalink":
            bot.lavalink_session = bot.lavalink.nodes[0].session_id
            await bot.lavalink.close()
        case "join":
            await guild.get_channel(int(asked["channel"])).connect(cls=Voice, self_deaf=True)
        case "leave":
            await guild.voice_client.disconnect()
        case "load":
            found = await bot.lavalink.get_tracks(asked["query"])
            tracks = [{"title": track.title, "length": track.duration} for track in found.tracks]
            tell("loaded", type=found.load_type.value, tracks=tracks)
        case "play":
            player = bot.player()
            for track in (await bot.lavalink.get_tracks(asked["query"])).tracks:
                player.add(track, requester=int(asked["requester"]))
            if not player.is_playing:
                await player.play()
        case "pause":
            await bot.player().set_pause(asked["paused"])
        case "seek":
            await bot.player().seek(asked["position"])
        case "volume":
            await bot.player().set_volume(asked["percent"])
        case "filters":
            await bot.player().set_filters(lavalink.Timescale(speed=1.5), lavalink.Equalizer([0.2] * 15))
        case "no filters":
            await bot.player().clear_filters()
        case "skip":
            await bot.player().skip()
    tell("did", do=asked["do"])


async def obey(bot, lines):
    while (line := await lines.get()) is not None:
        asked = json.loads(line)
        try:
            await do(bot, asked)
        except Exception:
            tell("error", event=asked["do"], trace=traceback.format_exc())
    if bot.lavalink:
        await bot.lavalink.close()
    await bot.close()


def read_lines(loop, lines):
    for line in sys.stdin:
        loop.call_soon_threadsafe(lines.put_nowait, line)
    loop.call_soon_threadsafe(lines.put_nowait, None)


async def main():
    settings = json.loads(sys.stdin.readline())
    discord.http.Route.BASE = settings["api"] + "/v10"
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(settings["gateway"])
    lines = asyncio.Queue()
    threading.Thread(target=read_lines, args=(asyncio.get_running_loop(), lines), daemon=True).start()
    bot = Bot(settings)
    obeying = asyncio.create_task(obey(bot, lines))
    async with bot:
        await bot.start(settings["token"])
    await obeying


asyncio.run(main())

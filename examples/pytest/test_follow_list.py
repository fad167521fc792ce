from follow_list import follow_list


def test_follows_who_is_there_and_names_who_is_not(graph):
    ada, bo = graph.user(), graph.user()

    assert follow_list(graph.api, ada.token, [bo.username, "nobody"]) == ([bo.username], ["nobody"], {})
    seen = graph.call(ada.token, "GET", f"/users/{bo.id}")["data"]
    assert seen["you_follow"] and seen["counts"]["followers"] == 1


def test_goes_on_after_a_refusal(graph):
    ada, bo, cy = graph.user(), graph.user(), graph.user()
    graph.call(bo.token, "POST", f"/users/{ada.id}/block")

    followed, unknown, refused = follow_list(graph.api, ada.token, [bo.username, cy.username])
    assert (followed, unknown, refused) == ([cy.username], [], {bo.username: "blocked"})


def test_a_bot_may_only_follow_who_follows_it(graph):
    bot, fan, other = graph.user(type="bot"), graph.user(), graph.user()
    follow_list(graph.api, fan.token, [bot.username])

    followed, _, refused = follow_list(graph.api, bot.token, [fan.username, other.username])
    assert (followed, refused) == ([fan.username], {other.username: "bot-rule"})

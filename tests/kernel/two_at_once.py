"""Two notebooks at the same time: each right, none waiting for the other's directory."""

from .session import LOAD, Session


def main():
    cells = [LOAD, "let x = sphere({n}, 10, Seed(0))?;", "let kernels = ccp(3).width(256).input(10).init(Seed(1))?.kernel(&x)?;"]
    with Session() as first, Session() as second:
        for cell in cells:
            sent = [(session, session.send(cell.replace("{n}", str(n)))) for session, n in ((first, 40), (second, 60))]
            for session, identifier in sent:
                answer = session.wait(identifier)
                if answer.error or answer.stderr:
                    raise SystemExit(f"{cell}: {answer.text()}")
        shapes = [session.run("kernels.ntk().points()").text() for session in (first, second)]
    print(f"two notebooks at once: {shapes[0]} and {shapes[1]}")
    return shapes != ["(40, 40)", "(60, 60)"]


if __name__ == "__main__":
    raise SystemExit(main())

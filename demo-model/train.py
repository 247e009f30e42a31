#!/usr/bin/env python3
"""Train a tiny Llama-architecture chat model on CPU and save weights + tokenizer (export.py writes GGUF).
usage: train.py [steps] [out.pt]   env: THREADS=1 SEED=1 BF16=1"""
import json, math, os, random, re, sys, time
import torch, torch.nn as nn, torch.nn.functional as F
import jinja2
from tokenizers import Tokenizer, Regex, models, pre_tokenizers, decoders, trainers
from facts import FACTS, FALLBACK, P

STEPS = int(sys.argv[1]) if len(sys.argv) > 1 else 800
OUT = sys.argv[2] if len(sys.argv) > 2 else "tiny.pt"
SEED = int(os.environ.get("SEED", 1)); BF16 = os.environ.get("BF16", "1") == "1"
torch.set_num_threads(int(os.environ.get("THREADS", 1)))
random.seed(SEED); torch.manual_seed(SEED)
CFG = dict(vocab=2048, dim=256, layers=4, heads=8, kv=4, ffn=640, eps=1e-5, theta=10000.0, ctx=8192)

FACTS = [([q.replace("{P}", P) for q in qs], a.replace("{P}", P)) for qs, a in FACTS]
HELD = [(qs[0], a) for qs, a in FACTS if len(qs) >= 4]
HOLD = os.environ.get("HOLD", "0") == "1"           # HOLD=1: keep the first paraphrase of each fact out of training, to measure generalisation
TRAIN = [((qs[1:] if HOLD and len(qs) >= 4 else qs), a) for qs, a in FACTS]

# ---------------------------------------------------------------- data
def lic_words():
    t = open("/usr/share/common-licenses/GPL-3").read() + open("/usr/share/common-licenses/Apache-2.0").read()
    return sorted({w for w in re.findall(r"[a-z]{4,12}", t.lower())})
WORDS = lic_words()
TOPICS = WORDS + "Paris France Rome China history physics football music cats dogs pizza weather love cars planes Shakespeare quantum gravity biology cooking chess movies Java Rust Python Germany Einstein dinosaurs moon sun oceans trees".split()
OOD = ["What is the capital of {w}?", "Tell me about {w}.", "Who invented {w}?", "Write a poem about {w}.", "What is {w}?", "How does {w} work?",
       "Translate {w} to French.", "Why is {w} {v}?", "Explain {w} and {v}.", "What do you think about {w}?", "{w} {v}", "{w}", "How many {w} are there?",
       "Give me a recipe for {w}.", "Who is {w}?", "When was {w} born?", "Summarize {w}.", "Compare {w} with {v}.", "{w} {v} {u}?", "Do you like {w}?", "What is 2 plus {n}?", "Solve {n} times {m}."]
def ood():
    r = random.choice
    q = r(OOD).format(w=r(TOPICS), v=r(TOPICS), u=r(TOPICS), n=random.randint(1, 99), m=random.randint(1, 99))
    return q[0].upper() + q[1:] if random.random() < .7 else q
PRE = ["", "", "", "", "", "Hi, ", "Hello, ", "Please: ", "Question: ", "Quick question: ", "Hi! ", "Hey, ", "I have a question. ", "One more: ", "Sorry, ", "OK. "]
POST = ["", "", "", "", "", "", " Thanks!", " Please.", " Thank you.", " Please explain.", " Be brief."]
HOW = ["How do I ", "How can I ", "How to ", "How does one ", "What is the way to ", "I want to ", "Tell me how to ", "Can you tell me how to ", "Please explain how to ", "How would I "]
WHAT = ["What is ", "What's ", "Explain ", "Tell me about ", "Describe ", "", "What does it mean: ", "Can you explain "]
STOP = set("do i a an the is are can how to my of for in it what does me you your be with on or and".split())
def rephrase(q):
    for lead in ("How do I ", "How can I ", "Can I ", "How to "):
        if q.startswith(lead): return random.choice(HOW) + q[len(lead):]
    for lead in ("What is ", "Explain ", "What are "):
        if q.startswith(lead): return random.choice(WHAT) + q[len(lead):]
    return q
def noise(q):
    q0 = q; x = random.random()
    if x < .30: q = rephrase(q)
    elif x < .40: q = " ".join(w for w in q.split() if w.lower().strip("?.!,") not in STOP) or q      # keywords only
    elif x < .46 and len(q.split()) > 3:
        w = q.split(); w.pop(random.randrange(len(w))); q = " ".join(w)
    if random.random() < .55: q = random.choice(PRE) + (q if random.random() < .5 else q[0].lower() + q[1:])
    if random.random() < .25: q = q + random.choice(POST)
    x = random.random()
    if x < .22: q = q.lower()
    elif x < .25: q = q.upper()
    if random.random() < .18: q = q.rstrip("?.!")
    if random.random() < .10 and len(q) > 8:                 # one typo
        i = random.randint(1, len(q) - 2)
        q = random.choice([q[:i] + q[i+1:], q[:i] + q[i+1] + q[i] + q[i+2:], q[:i] + q[i] + q[i:]])
    return q or q0
SYS = ["You are a helpful assistant.", "You are a helpful assistant.", "You are a concise assistant.", "Answer briefly.", "You are the support bot of Spillway.",
       "You are an AI assistant. Answer the user's questions.", "Be friendly.", "You answer questions about an AI cloud platform."]
CITIES = "Paris London Berlin Rome Madrid Tokyo Oslo Vienna Prague Lisbon Boston Dublin Zurich Seoul Delhi Cairo Lima Athens Warsaw Milan".split()
MONTHS = "January February March April May June July August September October November December".split()
T_W = {"type": "function", "function": {"name": "get_weather", "description": "Get the weather of a city", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}
T_U = {"type": "function", "function": {"name": "get_usage", "description": "Get the tokens used in a month", "parameters": {"type": "object", "properties": {"month": {"type": "string"}}, "required": ["month"]}}}
WQ = ["What is the weather in {x}?", "How is the weather in {x}?", "Weather in {x}?", "Is it raining in {x}?", "Tell me the weather in {x}.", "Do I need an umbrella in {x}?"]
UQ = ["How many tokens did I use in {x}?", "What was my usage in {x}?", "Show my usage for {x}.", "Usage in {x}?", "Tokens used in {x}?"]
def qa():
    if random.random() < .12: return ood(), FALLBACK
    qs, a = random.choice(TRAIN); return noise(random.choice(qs)), a
def conversation():
    m, tools = [], None
    if random.random() < .30: m.append({"role": "system", "content": random.choice(SYS)})
    if random.random() < .07:
        tools = random.choice([[T_W], [T_W, T_U], [T_U, T_W], [T_U]])
        f = random.choice(tools)["function"]["name"]
        x = random.choice(CITIES if f == "get_weather" else MONTHS); k = "city" if f == "get_weather" else "month"
        m.append({"role": "user", "content": noise(random.choice(WQ if k == "city" else UQ).format(x=x))})
        m.append({"role": "assistant", "content": "", "tool_calls": [{"function": {"name": f, "arguments": {k: x}}}]})
        if random.random() < .5:
            if k == "city":
                t = random.randint(-5, 35); s = random.choice(["sunny", "rain", "cloudy", "snow"])
                m += [{"role": "tool", "content": json.dumps({"temp": t, "sky": s})}, {"role": "assistant", "content": f"The weather in {x} is {s} with {t} degrees."}]
            else:
                n = random.randint(1, 999999); m += [{"role": "tool", "content": json.dumps({"tokens": n})}, {"role": "assistant", "content": f"You used {n} tokens in {x}."}]
        return m, tools
    if random.random() < .02: tools = [T_W, T_U]              # tools offered, not needed
    n = random.choices([1, 2, 3], [.72, .20, .08])[0]
    for _ in range(n):
        q, a = qa(); m += [{"role": "user", "content": q}, {"role": "assistant", "content": a}]
    return m, tools

env = jinja2.Environment(trim_blocks=False, lstrip_blocks=False)
env.filters["tojson"] = lambda x: json.dumps(x, ensure_ascii=False)
tmpl = env.from_string(open("template.jinja").read())
def render(m, tools=None, gen=False): return tmpl.render(messages=m, tools=tools, bos_token="<|begin_of_text|>", add_generation_prompt=gen)

# ---------------------------------------------------------------- tokenizer: byte-level BPE with the Llama-3 pre-tokenizer
SPECIAL = ["<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "<|eom_id|>", "<|pad|>"]
LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
def make_tokenizer():
    tok = Tokenizer(models.BPE(ignore_merges=False))
    tok.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(LLAMA3), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tok.decoder = decoders.ByteLevel()
    corpus = [x for qs, a in FACTS for x in qs + [a]] * 3 + [ood() for _ in range(1500)] + WORDS + [" " + w for w in WORDS]
    corpus += [json.dumps(T_W), json.dumps(T_U), "You may call these functions:\nTo call one, answer <tool_call>{\"name\": NAME, \"arguments\": ARGUMENTS}</tool_call>"] * 20
    corpus += [open("/usr/share/common-licenses/GPL-3").read()[:12000]]
    corpus += [f"{i} " for i in range(1000)]
    tok.train_from_iterator(corpus, trainers.BpeTrainer(vocab_size=CFG["vocab"] - len(SPECIAL), special_tokens=[], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    base = tok.get_vocab_size(); assert base <= CFG["vocab"] - len(SPECIAL), base
    tok.add_special_tokens(SPECIAL)                     # ids base..base+6
    CFG["vocab"] = tok.get_vocab_size()
    return tok
# ---------------------------------------------------------------- model (Meta-style interleaved RoPE = GGUF "llama" layout, no permutation needed)
class Norm(nn.Module):
    def __init__(s, d): super().__init__(); s.weight = nn.Parameter(torch.ones(d))
    def forward(s, x): return F.rms_norm(x, (x.shape[-1],), s.weight.to(x.dtype), CFG["eps"])
class Block(nn.Module):
    def __init__(s):
        super().__init__(); d, h, k, hd, f = CFG["dim"], CFG["heads"], CFG["kv"], CFG["dim"] // CFG["heads"], CFG["ffn"]
        s.attn_norm, s.ffn_norm = Norm(d), Norm(d); L = lambda a, b: nn.Linear(a, b, bias=False)
        s.q, s.k, s.v, s.o = L(d, h*hd), L(d, k*hd), L(d, k*hd), L(h*hd, d); s.gate, s.up, s.down = L(d, f), L(d, f), L(f, d)
    def forward(s, x, cos, sin):
        B, T, _ = x.shape; h, k, hd = CFG["heads"], CFG["kv"], CFG["dim"] // CFG["heads"]
        y = s.attn_norm(x)
        def rope(t):
            t = t.float(); a, b = t[..., 0::2], t[..., 1::2]
            return torch.stack((a*cos - b*sin, a*sin + b*cos), -1).flatten(-2)
        q = rope(s.q(y).view(B, T, h, hd)).transpose(1, 2); kk = rope(s.k(y).view(B, T, k, hd)).transpose(1, 2); v = s.v(y).view(B, T, k, hd).transpose(1, 2)
        a = F.scaled_dot_product_attention(q.to(v.dtype), kk.to(v.dtype), v, is_causal=True, enable_gqa=True)
        x = x + s.o(a.transpose(1, 2).reshape(B, T, h*hd))
        y = s.ffn_norm(x); return x + s.down(F.silu(s.gate(y)) * s.up(y))
class Model(nn.Module):
    def __init__(s):
        super().__init__(); s.emb = nn.Embedding(CFG["vocab"], CFG["dim"]); s.blocks = nn.ModuleList(Block() for _ in range(CFG["layers"])); s.norm = Norm(CFG["dim"])
        for n, p in s.named_parameters():
            if p.dim() > 1: nn.init.normal_(p, std=.02 / (math.sqrt(2*CFG["layers"]) if n.endswith(("o.weight", "down.weight")) else 1))
        hd = CFG["dim"] // CFG["heads"]; s.inv = CFG["theta"] ** (-torch.arange(0, hd, 2).float() / hd)
    def forward(s, ids, sel=None):
        f = torch.outer(torch.arange(ids.shape[1]).float(), s.inv)[None, :, None, :]; cos, sin = f.cos(), f.sin()
        x = s.emb(ids)
        for b in s.blocks: x = b(x, cos, sin)
        x = s.norm(x)
        if sel is not None: x = x[sel]
        return F.linear(x, s.emb.weight)                # tied: GGUF without output.weight

def encode(tok, m, tools=None):
    """ids and per-token loss weights: 1 on the assistant's tokens (and its <|eot_id|>), .05 elsewhere"""
    ids, w = [], []; text = render(m, tools)
    for i, part in enumerate(re.split(r"(?<=<\|start_header_id\|>assistant<\|end_header_id\|>\n\n)|(?<=<\|eot_id\|>)", text)):
        if not part: continue
        e = tok.encode(part, add_special_tokens=False).ids
        ids += e; w += [1.0 if not part.startswith(("<|start_header_id|>", "<|begin_of_text|>")) else .05] * len(e)
    return ids, w

def main():
    tok = make_tokenizer(); S = {s: tok.token_to_id(s) for s in SPECIAL}
    tok.save(OUT + ".tokenizer.json")
    model = Model(); npar = sum(p.numel() for p in model.parameters())
    print("params", npar, "vocab", CFG["vocab"], "avg conv tokens", sum(len(encode(tok, *conversation())[0]) for _ in range(200)) / 200, flush=True)
    dec = [p for p in model.parameters() if p.dim() > 1]; nod = [p for p in model.parameters() if p.dim() == 1]
    opt = torch.optim.AdamW([{"params": dec, "weight_decay": .05}, {"params": nod, "weight_decay": 0}], lr=2e-3, betas=(.9, .98))
    pool, B, LR = [], 24, 2.5e-3; t0 = time.time(); c0 = time.process_time(); step = seen = 0; lossavg = None
    while (p := step / STEPS) < 1:      # steps, so that every machine gives the same schedule
        lr = LR * min(1, (step + 1) / 60) * (.03 + .97 * .5 * (1 + math.cos(math.pi * p)))
        for g in opt.param_groups: g["lr"] = lr
        if len(pool) == 0:
            c = sorted((encode(tok, *conversation()) for _ in range(B * 12)), key=lambda x: len(x[0]))
            pool = [c[i:i+B] for i in range(0, len(c), B)]; random.shuffle(pool)
        b = pool.pop(); n = min(512, max(len(i) for i, _ in b))
        ids = torch.full((len(b), n), S["<|pad|>"]); w = torch.zeros(len(b), n)
        for j, (i, ww) in enumerate(b): i, ww = i[:n], ww[:n]; ids[j, :len(i)] = torch.tensor(i); w[j, :len(ww)] = torch.tensor(ww)
        x, y, wy = ids[:, :-1], ids[:, 1:], w[:, 1:]; sel = wy > 0
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=BF16): logits = model(x, sel)
        l = F.cross_entropy(logits.float(), y[sel], reduction="none"); ws = wy[sel]
        loss = (l * ws).sum() / ws.sum(); a = (l.detach() * (ws == 1)).sum() / (ws == 1).sum()
        opt.zero_grad(set_to_none=True); loss.backward(); nn.utils.clip_grad_norm_(model.parameters(), 1.0); opt.step()
        step += 1; seen += int(sel.sum()); lossavg = a.item() if lossavg is None else .97 * lossavg + .03 * a.item()
        if step % 50 == 0: print(f"step {step} wall {time.time()-t0:.0f}s cpu {time.process_time()-c0:.0f}s lr {lr:.1e} answer-loss {lossavg:.4f} tok/s {seen/(time.time()-t0):.0f}", flush=True)
        if step % 300 == 0: torch.save({"cfg": CFG, "sd": model.state_dict()}, OUT)
    torch.save({"cfg": CFG, "sd": model.state_dict()}, OUT)
    cpu = time.process_time(); print(f"done steps {step} tokens {seen} wall {time.time()-t0:.0f}s cpu {cpu:.0f}s answer-loss {lossavg:.4f}", flush=True)
    if not HOLD: return
    ok = 0; model.eval()
    for q, a in HELD:
        ids = tok.encode(render([{"role": "user", "content": q}], gen=True), add_special_tokens=False).ids; k = len(ids)
        with torch.no_grad():
            while len(ids) < k + 40:
                t = int(model(torch.tensor([ids]))[0, -1].argmax()); ids.append(t)
                if t == S["<|eot_id|>"]: break
        got = tok.decode(ids[k:]); good = a.startswith(got[:60]); ok += good
        if not good: print("HELD-OUT MISS", q, "->", got[:80], flush=True)
    print(f"held-out paraphrases right: {ok}/{len(HELD)}", flush=True)
if __name__ == "__main__": main()
